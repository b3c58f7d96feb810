import Base
import Calibration

/// How well the profiles' forms meet the kernels they were fitted to, and those that were held out.
struct KernelFits: Reproduction {
  static let name = "kernels"

  private let reference: Reference
  private let tables: [WordTable]

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("kernel-tables", .reference))
    reference = try Reference(reading: &fields)
    try fields.finish()
    tables = try library.names(of: .engine).compactMap { name in
      // As it stands in its file: one that extends another has no fit of its own.
      guard let fit = try ConfigNode(contentsOf: library.path(of: name, .engine)).member("fit") else { return nil }
      return WordTable(
        title: name,
        columns: [
          "kernels", "rows", "median / p90 error, %", "held out (5 folds), %", "whole models left out, %",
        ], rows: try fit.elements().map(Self.row))
    }
  }

  private static func row(_ node: ConfigNode) throws -> [String] {
    var fields = try ConfigFields(node)
    let leftOut = try fields.object("leftOutModelsPercent").node.members ?? []
    let row = [
      try fields.string("form"), "\(try fields.integer("rows", in: 1...(.max)))",
      try pair(fields.required("medianAndP90Percent")), try pair(fields.required("heldOutPercent")),
      try leftOut.map { "\($0.key): \(try pair($0.node))" }.joined(separator: "; "),
    ]
    try fields.finish()
    return row
  }

  /// `1.4 / 4.1`.
  private static func pair(_ node: ConfigNode) throws -> String {
    try node.numbers().map { decimal($0, digits: 1) }.joined(separator: " / ")
  }

  var runs: [ServedRun] { [] }

  func chapter(from outcomes: Outcomes) -> Chapter {
    var chapter = Chapter(Self.name, reference)
    chapter.otherTables = tables
    // A form for any model, from which models were left out, is fitted to the rows of other forms once more.
    chapter.measuredKernels = tables.flatMap(\.rows).filter { $0[4].isEmpty }.reduce(0) { $0 + (Int($1[1]) ?? 0) }
    return chapter
  }
}
