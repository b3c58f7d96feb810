import Base
import HardwareModels
import Pictures
import Sim

/// Kernels of one layer that an independent study measured on H200.
struct LayerKernels: Reproduction {
  static let name = "h200"

  /// A kernel of the study.
  private struct Kernel {
    var title: String
    /// The names of lpsim's operators that it consists of.
    var operators: [String]
    /// Whether its rows are requests that decode.
    var isDecode: Bool
    var rows: [Row]
  }

  /// One measurement.
  private struct Row {
    /// New tokens, or requests that decode.
    var tokens: Int
    /// Tokens that each has in its cache.
    var past: Int
    var milliseconds: Double
  }

  private let reference: Reference
  private let deployment: Deployment
  private let kernels: [Kernel]

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("h200-kernels", .reference))
    reference = try Reference(reading: &fields)
    deployment = try Deployment(reading: Setup(reading: &fields).resolved(in: library))
    kernels = try fields.required("kernels").elements().map { node in
      var fields = try ConfigFields(node)
      let kernel = Kernel(
        title: try fields.string("title"), operators: try fields.required("operators").strings(),
        isDecode: try fields.required("isDecode").bool(),
        rows: try fields.required("rows").elements().map { row in
          let numbers = try row.numbers()
          guard numbers.count == 3 else { throw row.error("expected [tokens, past tokens, milliseconds]") }
          return Row(tokens: Int(numbers[0]), past: Int(numbers[1]), milliseconds: numbers[2])
        })
      try fields.finish()
      return kernel
    }
    try fields.finish()
  }

  var runs: [ServedRun] { [] }

  func chapter(from outcomes: Outcomes) throws -> Chapter {
    let pricing = KernelPricing(
      deployment.engine, deployment.gpu, headDim: deployment.model.transformer.attention.headDim)
    let tables = try kernels.map { kernel in
      FigureTable(
        title: kernel.title, layout: .grid(kernel.isDecode ? "batch x context" : "tokens"),
        figures: try kernel.rows.map { try figure($0, of: kernel, pricing) })
    }
    var chapter = try Chapter(Self.name, reference, tables, engines: [deployment.engine.name])
    chapter.plots = [plot(chapter.figures)]
    return chapter
  }

  private func figure(_ row: Row, of kernel: Kernel, _ pricing: KernelPricing) throws -> ComparedFigure {
    let demand = deployment.model.demand(of: work(row, of: kernel), tensorParallel: deployment.tensorParallel)
    let seconds = try kernel.operators.map { name in
      guard let operation = demand.first(where: { $0.name == name }) else {
        throw InputError.unknown("operator", name, among: demand.map(\.name))
      }
      return pricing.duration(of: operation.kind).value
    }
    let past = kernel.isDecode ? " x \(row.past)" : row.past > 0 ? " after \(row.past)" : ""
    return ComparedFigure(
      quantity: kernel.title, setting: "\(row.tokens)\(past)", unit: "ms", reference: row.milliseconds,
      reading: reference.reading, role: reference.role, simulated: seconds.reduce(0, +) * 1e3)
  }

  private func work(_ row: Row, of kernel: Kernel) -> LayerWork {
    let window = deployment.model.transformer.window
    guard !kernel.isDecode else {
      return LayerWork(layers: 0..<1, decode: DecodeWork(requests: row.tokens, context: row.past, window: window))
    }
    return LayerWork(layers: 0..<1, prefill: PrefillWork(tokens: row.tokens, past: row.past, window: window))
  }

  /// Kernels without a cache against their tokens.
  private func plot(_ figures: [ComparedFigure]) -> Plot {
    let series = kernels.enumerated().flatMap { colour, kernel in
      let own = figures.filter { $0.quantity == kernel.title && Double($0.setting) != nil }
      return own.isEmpty
        ? [] : Plot.Series.measuredAndSimulated(kernel.title, colour: colour, own) { Double($0.setting) ?? 0 }
    }
    return Plot(
      "One layer on H200, TP 2: dots measured, lines lpsim", series, x: (.logarithmic, "tokens"),
      y: (.logarithmic, "ms"))
  }
}
