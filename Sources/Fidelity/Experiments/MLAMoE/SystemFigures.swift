import Analysis
import Base
import Calibration
import HardwareModels
import Results

/// What the study says of whole systems of one size.
struct SystemFigures: Sendable {
  /// A link, and what its exchange of tokens took.
  private struct LinkFigure {
    var name: String
    var link: Link
    var microseconds: Double

    init(_ node: ConfigNode) throws {
      var fields = try ConfigFields(node)
      name = try fields.string("name")
      link = Link(
        bandwidth: try fields.quantity("bytesPerSecond"),
        latency: try fields.quantity("latencySeconds", in: .nonNegative))
      microseconds = try fields.number("allToAllMicroseconds", in: .positive)
      try fields.finish()
    }
  }

  /// A model as the study serves it.
  private struct Served {
    var balance: Balance
    var capacity: Double
    /// How much more throughput the first model has, and how much less TPOT in per cent; nil for the first.
    var outdone: (ratio: Double, saved: Double)?
  }

  /// The GPU of all systems.
  let gpu: GPU
  /// How many there are.
  let gpus: Int
  private let context: Int
  private let links: [LinkFigure]
  private let tokensPerGPU: Int
  private let ridgeBatch: Double
  private let served: [Served]
  private let contexts: [Int]

  /// The model in question, on the first link.
  let first: Balance

  init(reading given: ConfigFields, on gpu: GPU, in library: ConfigLibrary) throws {
    var fields = given
    self.gpu = gpu
    let gpus = try fields.integer("gpus", in: 2...65536)
    self.gpus = gpus
    context = try fields.integer("context", in: 1...1_000_000)
    links = try fields.required("links").elements().map(LinkFigure.init)
    tokensPerGPU = try fields.integer("tokensPerGPU", in: 1...65536)
    ridgeBatch = try fields.number("ridgeBatch", in: .positive)
    let list = try fields.required("models")
    guard let link = links.first?.link else { throw list.error("no link is named") }
    served = try list.elements().map { node in
      var fields = try ConfigFields(node)
      let model = try library.modelInBF16(fields.required("model"))
      let system = try SystemShape(
        of: gpu, gpus: gpus, tensorParallel: fields.integer("tensorParallel", in: 1...64),
        expertParallel: fields.integer("expertParallel", in: 1...65536), link: link)
      let served = Served(
        balance: try Balance(of: model, on: system), capacity: try fields.number("capacity", in: .positive),
        outdone: try fields.optional("throughputRatio").map {
          (try $0.number(in: .positive), try fields.number("tpotSavedPercent", in: 0...100))
        })
      try fields.finish()
      return served
    }
    guard let first = served.first?.balance else { throw list.error("no model is named") }
    self.first = first
    contexts = try fields.required("contexts").integers()
    try fields.finish()
  }

  func tables(_ paper: Publication) throws -> [FigureTable] {
    let system = "\(gpus) x \(gpu.name)"
    let ridges = [("B_attn", first.attentionRidgeBatch), ("B_MoE", first.expertRidgeBatch)].compactMap { name, batch in
      batch.map { paper.figure(name, "\(first.model.name), \(system)", "requests", ridgeBatch, ours: $0) }
    }
    let capacities = served.map { served in
      paper.figure(
        "B_cap", "\(served.balance.model.name), \(context) tokens, \(system)", "requests", served.capacity,
        ours: served.balance.batchCapacity(context: context))
    }
    let exchanges = try links.map { figure in
      paper.figure(
        "all-to-all, one way", "\(figure.name), \(tokensPerGPU) tokens a GPU", "us", figure.microseconds, role: .fitted,
        ours: try balance(gpus: gpus, link: figure.link).allToAll(tokensPerGPU: Double(tokensPerGPU)).value * 1e6)
    }
    let gains = try served.compactMap { other in
      try other.outdone.map { outdone in
        let ratios = try comparisons(with: other.balance, saving: outdone.saved).map(\.withoutCompute)
        let best = ratios.reduce(0, max)
        let setting = "\(first.model.name) over \(other.balance.model.name), TPOT \(Int(outdone.saved)) % lower"
        return paper.figure("throughput a GPU over the other's", setting, "", outdone.ratio, ours: best)
      }
    }
    return [FigureTable(title: "Whole systems", layout: .list, figures: ridges + capacities + exchanges + gains)]
  }

  /// The first model on so many GPUs with this link, attention and experts spread over all of them.
  func balance(gpus: Int, link: Link) throws -> Balance {
    try Balance(
      of: first.model,
      on: SystemShape(of: gpu, gpus: gpus, tensorParallel: 1, expertParallel: gpus, link: link))
  }

  private func comparisons(with other: Balance, saving percent: Double) throws -> [SystemComparison] {
    try contexts.map { try SystemComparison(of: first, with: other, context: $0, savingPercent: percent) }
  }

  func otherTables() throws -> [WordTable] {
    try [inFP8()]
      + served.compactMap { other in
        try other.outdone.map { outdone in
          WordTable(
            title:
              "\(first.model.name) (1) against \(other.balance.model.name) (2), TPOT \(Int(outdone.saved)) % lower",
            columns: SystemComparison.columns,
            rows: try comparisons(with: other.balance, saving: outdone.saved).map(\.row))
        }
      }
  }

  /// What weights, keys and values of half as many bytes and twice the peak change.
  private func inFP8() throws -> WordTable {
    var model = first.model
    model.transformer.attention.format = .fp8
    model.transformer.attention.cacheFormat = .fp8
    model.transformer.dense?.format = .fp8
    model.transformer.experts?.format = .fp8
    let balances = try [("BF16", NumberFormat.bf16, first), ("FP8", .fp8, Balance(of: model, on: first.system))]
    return WordTable(
      title: "\(first.model.name) in FP8, \(context) tokens, \(gpus) x \(gpu.name)",
      columns: ["format", "ridge point, FLOP/B", "B_cap", "TPOT at B_cap, ms"],
      rows: balances.map { name, format, balance in
        let batch = balance.batchCapacity(context: context)
        let time = balance.tokenTime(batch: batch, context: context).withoutCompute
        let ridge = gpu.ridgePoint(for: format).map { readable($0.value) } ?? ""
        return [name, ridge, readable(batch.rounded(.down)), readable(time.value * 1e3)]
      })
  }
}
