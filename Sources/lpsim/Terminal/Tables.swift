import Results

/// A table whose first column is words; the others stand right where all their cells are numbers, or `–` for none.
func table(_ titles: [String], _ rows: [[String]]) -> String {
  let columns = titles.enumerated().map { index, title in
    let isNumeric = !rows.isEmpty && rows.allSatisfy { Double($0[index]) != nil || $0[index] == "–" }
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

/// A text up to its first full stop, or all of it.
func firstSentence(of text: String) -> String {
  text.firstRange(of: ". ").map { text[..<$0.lowerBound] + "." } ?? text
}

/// A text with line breaks between words, so that no line is wider than a terminal.
func wrapped(_ text: String, columns: Int = 100) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
    var lines = [""]
    for word in paragraph.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= columns {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }.joined(separator: "\n")
}
