import Base
import Calibration

extension FidelityPage {
  /// Every figure and target for machines.
  public var json: ConfigNode {
    object([
      (
        "experiments",
        .array(
          chapters.map { chapter in
            object([
              ("name", .string(chapter.name)), ("title", .string(chapter.title)),
              ("engines", .array(chapter.engines.map { node(.string($0)) })),
              ("figures", .array(chapter.tables.flatMap { table in table.figures.map { json($0, table.title) } })),
              ("other_tables", .array(chapter.otherTables.map(json))), ("targets", .array(chapter.targets.map(json))),
            ])
          })
      )
    ])
  }

  private func json(_ figure: ComparedFigure, _ table: String) -> ConfigNode {
    object([
      ("table", .string(table)), ("quantity", .string(figure.quantity)), ("of", .string(figure.setting)),
      ("unit", .string(figure.unit)), ("measured", .number(figure.reference)),
      ("is_upper_bound", .bool(figure.relation == .isBelow)), ("read_from", .string(figure.reading.rawValue)),
      ("role", .string(figure.role.rawValue)), ("simulated", .number(figure.simulated)),
      ("simulated_min", figure.band.map { .number($0.lowerBound) } ?? .null),
      ("simulated_max", figure.band.map { .number($0.upperBound) } ?? .null),
      ("error", figure.error.map { .number($0) } ?? .null),
      ("error_unit", .string(figure.isInPoints ? "points" : "percent")),
    ])
  }

  private func json(_ table: WordTable) -> ConfigNode {
    func list(_ words: [String]) -> ConfigNode { node(.array(words.map { node(.string($0)) })) }
    return object([
      ("title", .string(table.title)), ("columns", list(table.columns).value),
      ("rows", .array(table.rows.map(list))),
    ])
  }

  private func json(_ target: Target) -> ConfigNode {
    object([
      ("title", .string(target.title)), ("found", .string(target.found)), ("is_met", .bool(target.isMet)),
    ])
  }
}

private func object(_ members: [(String, ConfigNode.Value)]) -> ConfigNode {
  node(.object(members.map { ConfigNode.Member($0.0, node($0.1)) }))
}

private func node(_ value: ConfigNode.Value) -> ConfigNode { ConfigNode(value, source: .init(file: "")) }
