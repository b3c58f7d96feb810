import Base
import Calibration
import HardwareModels
import Sim

/// Kernels of one layer that an independent study measured on H200.
struct LayerKernels: Reproduction {
  static let name = "h200"

  /// What a kernel of the study is in lpsim.
  private enum Kernel: String, CaseIterable {
    case experts = "moe"
    case projections = "attention_projections"
    case prefillAttention = "prefill_attention"
    case decodeAttention = "decode_attention"

    var title: String {
      switch self {
      case .experts: "MoE layer"
      case .projections: "attention projections"
      case .prefillAttention: "prefill attention"
      case .decodeAttention: "decode attention"
      }
    }

    /// The names of lpsim's operators that it consists of.
    var operators: [String] {
      switch self {
      case .experts: ["experts"]
      case .projections: ["qkv projection", "output projection"]
      case .prefillAttention: ["prefill attention"]
      case .decodeAttention: ["decode attention"]
      }
    }
  }

  /// One measured kernel.
  private struct Row {
    var kernel: Kernel
    /// New tokens, or requests that decode.
    var tokens: Int
    /// Tokens that each has in its cache.
    var past: Int
    var milliseconds: Double
  }

  private let reference: Reference
  private let deployment: Deployment
  private let rows: [Row]

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("h200-kernels", .reference))
    reference = try Reference(reading: &fields)
    deployment = try Deployment(reading: Setup(reading: &fields).resolved(in: library))
    rows = try fields.required("kernels").elements().flatMap { node in
      var fields = try ConfigFields(node)
      let kernel: Kernel = try fields.word("kernel", "kernel")
      let rows = try fields.required("rows").elements().map { row in
        let numbers = try row.numbers()
        guard numbers.count == 3 else { throw row.error("expected [tokens, past tokens, milliseconds]") }
        return Row(kernel: kernel, tokens: Int(numbers[0]), past: Int(numbers[1]), milliseconds: numbers[2])
      }
      try fields.finish()
      return rows
    }
    try fields.finish()
  }

  var runs: [ServedRun] { [] }

  func chapter(from outcomes: Outcomes) throws -> Chapter {
    let pricing = KernelPricing(
      deployment.engine, deployment.gpu, headDim: deployment.model.transformer.attention.headDim)
    let tables = Kernel.allCases.map { kernel in
      FigureTable(
        title: kernel.title, layout: .grid(kernel == .decodeAttention ? "batch x context" : "tokens"),
        figures: rows.filter { $0.kernel == kernel }.map { figure($0, pricing) })
    }
    var chapter = try Chapter(Self.name, reference, tables, engines: [deployment.engine.name])
    chapter.plots = [plot(chapter.figures)]
    return chapter
  }

  private func figure(_ row: Row, _ pricing: KernelPricing) -> ComparedFigure {
    let demand = deployment.model.demand(of: work(row), tensorParallel: deployment.tensorParallel)
    let seconds = demand.filter { row.kernel.operators.contains($0.name) }
      .reduce(0) { $0 + pricing.duration(of: $1.kind).value }
    let past = row.kernel == .decodeAttention ? " x \(row.past)" : row.past > 0 ? " after \(row.past)" : ""
    return ComparedFigure(
      quantity: row.kernel.title, setting: "\(row.tokens)\(past)", unit: "ms", reference: row.milliseconds,
      reading: reference.reading, role: reference.role, simulated: seconds * 1e3)
  }

  private func work(_ row: Row) -> LayerWork {
    let window = deployment.model.transformer.window
    guard row.kernel != .decodeAttention else {
      var decode = DecodeWork()
      decode.requests = row.tokens
      decode.contextTokens = row.tokens * row.past
      decode.windowedContextTokens = row.tokens * min(row.past, window ?? row.past)
      return LayerWork(layers: 0..<1, decode: decode)
    }
    return LayerWork(layers: 0..<1, prefill: PrefillWork(tokens: row.tokens, past: row.past, window: window))
  }

  /// Kernels without a cache against their tokens.
  private func plot(_ figures: [ComparedFigure]) -> Plot {
    let series = Kernel.allCases.enumerated().flatMap { colour, kernel in
      let own = figures.filter { $0.quantity == kernel.title && Double($0.setting) != nil }
      return own.isEmpty
        ? [] : Plot.Series.measuredAndSimulated(kernel.title, colour: colour, own) { Double($0.setting) ?? 0 }
    }
    return Plot(
      "One layer on H200, TP 2: dots measured, lines lpsim", series, x: (.logarithmic, "tokens"),
      y: (.logarithmic, "ms"))
  }
}
