import Results

/// A table whose first column is words; the others stand right where all their cells are numbers.
func table(_ titles: [String], _ rows: [[String]]) -> String {
  let columns = titles.enumerated().map { index, title in
    let isNumeric = !rows.isEmpty && rows.allSatisfy { Double($0[index]) != nil }
    return (title: title, alignment: isNumeric ? TextTable.Alignment.right : .left)
  }
  var table = TextTable(columns)
  for row in rows { table.add(row) }
  return table.text
}

/// A number for people, up to two digits after the point.
func decimal(_ value: Double) -> String {
  let rounded = (value * 100).rounded() / 100
  return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? "\(Int(rounded))" : "\(rounded)"
}
