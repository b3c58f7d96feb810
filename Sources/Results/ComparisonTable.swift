import Base

/// Finished runs side by side, one line a metric, grouped; of two runs also how the second differs from the first: in
/// percent, and for shares of a hundred in percentage points (pp). What moved between replicas is left out where nothing
/// did.
public func comparisonTable(_ results: [RunResult]) -> String {
  var columns: [(title: String, alignment: TextTable.Alignment)] = [("metric", .left), ("unit", .left)]
  columns += results.map { ($0.run.policy, .right) }
  if results.count == 2 { columns.append(("change", .right)) }
  var table = TextTable(columns)
  let moves = results.contains { $0["kv_transfer_bytes"] ?? 0 > 0 }
  for group in Metric.Group.allCases where group != .handover || moves {
    guard group != .energy || results.contains(where: { $0["energy_j"] != nil }) else {
      table.addHeading("\(group.rawValue): not metered")
      continue
    }
    table.addHeading(group.rawValue)
    for (index, metric) in Metric.all.enumerated() where metric.group == group {
      table.add(comparisonRow("  " + metric.title, metric.unit, results.map { $0.values[index] }))
    }
  }
  return table.text
}

/// A title, the unit that values are easy to read in, the values in it, and of two values how the second differs.
public func comparisonRow(_ title: String, _ unit: MetricUnit, _ values: [Double?]) -> [String] {
  let scale = unit.scale(for: values.compactMap { $0?.magnitude }.max() ?? 0)
  let scaled = values.map { value in value.map { $0 / scale.worth } }
  let decimals = decimals(for: scaled.compactMap(\.self))
  let numbers = scaled.map { value in value.map { grouped($0, decimals: decimals) } ?? "–" }
  let row = [title, scale.symbol] + numbers
  return values.count == 2 ? row + [change(from: values[0], to: values[1], unit)] : row
}

/// How a metric changed from one value to another, in words.
public func change(from old: Double?, to new: Double?, _ unit: MetricUnit) -> String {
  guard let old, let new else { return "–" }
  if old == new { return "=" }
  if unit == .percent { return signed(new - old) + " pp" }
  return old == 0 ? "–" : signed(100 * (new - old) / old) + " %"
}
