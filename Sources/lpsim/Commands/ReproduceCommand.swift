import ArgumentParser
import Base
import HardwareModels
import Sim

/// `lpsim reproduce`.
struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Prints published measurements beside what lpsim says, with the error.",
    discussion: """
      EXAMPLES
        lpsim reproduce --only fig2
      """)

  /// What can be reproduced.
  enum Figure: String, WordSet {
    static let noun = "figure"
    case fig2
  }

  @Option(help: ArgumentHelp("Only this one: \(Figure.listed).", valueName: "name"), completion: Figure.completion)
  var only: String?

  func run() throws {
    for figure in try only.map({ [try Figure(written: $0, for: "--only")] }) ?? Figure.allCases {
      switch figure {
      case .fig2: try Terminal.print(chunkSweep(in: .standard()))
      }
    }
  }

  /// Figure 2 of the layered-prefill paper. The profile `layered-prefill-paper` was fitted to it: this shows how well the
  /// forms fit, and is no test of what they predict.
  private func chunkSweep(in library: ConfigLibrary) throws -> String {
    let reference = try ChunkSweepReference(reading: library.load("fig2-chunk-sweep", .reference))
    let model = try Deployment(reading: library.resolve(reference.deployment)).costModel()
    let rows = reference.points.map { point in
      let sweep = ChunkSweep(promptTokens: reference.promptTokens, chunkTokens: point.chunkTokens, on: model)
      return ["\(point.chunkTokens)"] + beside(point.expertLoad, sweep.expertBytes, 1e9)
        + beside(point.expertTime, sweep.expertTime, 1e-3) + beside(point.otherTime, sweep.otherTime, 1e-3)
        + beside(point.totalTime, sweep.totalTime, 1e-3)
    }
    let columns = ["load GB", "experts ms", "other ms", "total ms"].flatMap { [$0, "lpsim", "err %"] }
    return wrapped(reference.description) + "\nThe profile layered-prefill-paper is fitted to these figures.\n\n"
      + table(["chunk tokens"] + columns, rows)
  }

  private func beside<Unit>(_ measured: Quantity<Unit>, _ simulated: Quantity<Unit>, _ unit: Double) -> [String] {
    [measured.value / unit, simulated.value / unit, 100 * (simulated / measured - 1)].map {
      "\(($0 * 10).rounded() / 10)"
    }
  }
}

/// What others measured of one prompt prefilled in chunks.
struct ChunkSweepReference {
  struct Point {
    var chunkTokens: Int
    var expertLoad: Bytes
    var expertTime: Seconds
    var otherTime: Seconds
    var totalTime: Seconds
  }

  let description: String
  let deployment: String
  let promptTokens: Int
  let points: [Point]

  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    description = try fields.string("description")
    deployment = try fields.string("deployment")
    promptTokens = try fields.integer("promptTokens", in: 1...16_777_216)
    points = try fields.required("points").elements().map { try Point(reading: $0) }
    fields.ignore("source")
    try fields.finish()
  }
}

extension ChunkSweepReference.Point {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    chunkTokens = try fields.integer("chunkTokens", in: 1...16_777_216)
    expertLoad = Bytes(try fields.number("expertLoadGB", in: .positive) * 1e9)
    expertTime = Seconds(try fields.number("expertMs", in: .positive) * 1e-3)
    otherTime = Seconds(try fields.number("otherMs", in: .positive) * 1e-3)
    totalTime = Seconds(try fields.number("totalMs", in: .positive) * 1e-3)
    try fields.finish()
  }
}
