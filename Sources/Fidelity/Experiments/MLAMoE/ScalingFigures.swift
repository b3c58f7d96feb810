import Analysis
import Base
import Calibration
import HardwareModels
import Results

/// One large system against several small ones that have as many GPUs together, each full, under even and skewed experts.
struct ScalingFigures: Sendable {
  /// A context on a link.
  private struct Case {
    var context: Int
    var bandwidth: BytesPerSecond

    init(_ node: ConfigNode) throws {
      var fields = try ConfigFields(node)
      context = try fields.integer("context", in: 1...1_000_000)
      bandwidth = try fields.quantity("bytesPerSecond")
      try fields.finish()
    }

    init(_ context: Int, _ bandwidth: BytesPerSecond) {
      (self.context, self.bandwidth) = (context, bandwidth)
    }

    var words: String { "\(context) tokens, \(readable(bandwidth.value / 1e9)) GB/s" }
  }

  private let systems: SystemFigures
  private let experts: Transformer.Experts
  private let large: Int
  private let contexts: [Int]
  private let bandwidths: [BytesPerSecond]
  private let equal: Case
  private let better: Case
  private let skews: [Double]
  private let imbalanceRatio: Double

  init(reading given: ConfigFields, from systems: SystemFigures) throws {
    var fields = given
    self.systems = systems
    guard let experts = systems.first.model.transformer.experts else {
      throw given.node.error("\(systems.first.model.name) has no experts")
    }
    self.experts = experts
    large = try fields.integer("large", in: 2...65536)
    contexts = try fields.required("contexts").integers()
    bandwidths = try fields.required("bytesPerSecond").numbers().map { BytesPerSecond($0) }
    equal = try Case(fields.required("equal"))
    better = try Case(fields.required("better"))
    skews = try fields.required("skews").numbers()
    imbalanceRatio = try fields.number("imbalanceRatio", in: .positive)
    try fields.finish()
  }

  private var small: Int { systems.gpus }

  func table(_ paper: Publication) throws -> FigureTable {
    let most = skews.max() ?? 0
    let several = "\(large / small) systems of \(small) over one of \(large)"
    return FigureTable(
      title: "Systems of \(small) GPUs and one of \(large)", layout: .list,
      figures: [
        paper.figure("throughput of \(several)", equal.words, "", 1, ours: try ratio(equal, skew: 0)),
        paper.figure("throughput of \(several)", better.words, "", 1, .isBelow, ours: try ratio(better, skew: 0)),
        paper.figure(
          "throughput of one over the others", "\(better.words), skew \(most)", "", 1, .isBelow,
          ours: 1 / (try ratio(better, skew: most))),
        paper.figure(
          "imbalance of \(large) GPUs over \(small)", "skew \(most), placed at random", "",
          imbalanceRatio, ours: imbalance(large, most, .random) / imbalance(small, most, .random)),
      ])
  }

  private func imbalance(_ gpus: Int, _ skew: Double, _ placement: ExpertPlacement) -> Double {
    ExpertPopularity(zipf: skew, count: experts.count, topK: experts.topK).imbalance(over: gpus, placement)
  }

  /// Tokens a second on each GPU of a full system, by the study's TPOT, at the links' own latency.
  private func throughput(_ gpus: Int, _ at: Case, skew: Double) throws -> Double {
    let latency = systems.first.system.link?.latency ?? .zero
    var balance = try systems.balance(gpus: gpus, link: Link(bandwidth: at.bandwidth, latency: latency))
    balance.imbalance = imbalance(gpus, skew, .random)
    let batch = balance.batchCapacity(context: at.context).rounded(.down)
    return balance.tokensPerSecondAndGPU(
      batch: batch, in: balance.tokenTime(batch: batch, context: at.context).withoutCompute)
  }

  /// Throughput of the small systems over that of the large one.
  private func ratio(_ at: Case, skew: Double) throws -> Double {
    try throughput(small, at, skew: skew) / throughput(large, at, skew: skew)
  }

  func otherTables() throws -> [WordTable] {
    let cases = contexts.flatMap { context in bandwidths.map { Case(context, $0) } }
    let columns = ["in systems of \(small)", "in one of \(large)", "one over the others"]
    func row(_ at: Case, _ skew: Double) throws -> [String] {
      let (few, many) = try (throughput(small, at, skew: skew), throughput(large, at, skew: skew))
      return [few, many, many / few].map(readable)
    }
    let placements: [(words: String, placement: ExpertPlacement)] = [
      ("by popularity", .stacked), ("dealt out", .dealt), ("at random", .random),
    ]
    return [
      WordTable(
        title: "Tokens a second on each of \(large) GPUs, experts even", columns: ["each"] + columns,
        rows: try cases.map { [$0.words] + (try row($0, 0)) }),
      WordTable(
        title: "The same under skew, \(better.words)", columns: ["skew"] + columns,
        rows: try skews.map { ["\($0)"] + (try row(better, $0)) }),
      WordTable(
        title: "Load of the GPU with most over the mean, on \(small) and \(large) GPUs, by where experts stand",
        columns: ["skew"] + placements.map(\.words),
        rows: skews.map { skew in
          ["\(skew)"]
            + placements.map { place in
              [small, large].map { readable(imbalance($0, skew, place.placement)) }.joined(separator: ", ")
            }
        }),
    ]
  }
}
