import Base

/// What is wrong in a line of a trace; whoever knows file and line number makes an ``InputError`` of it.
public struct RowProblem: Error, Hashable, Sendable {
  /// The column or key it is about; empty for the whole line.
  public var column: String
  /// What was found and what was expected.
  public var problem: String
  /// What to do; empty where there is none.
  public var hint: String

  /// A problem in a column, or in the line as a whole.
  public init(column: String = "", _ problem: String, hint: String = "") {
    self.column = column
    self.problem = problem
    self.hint = hint
  }

  /// The problem at its place in a file.
  func error(file: String, line: Int) -> InputError {
    let place = column.isEmpty ? "line \(line)" : "line \(line), \(column)"
    return InputError(.data, file: file, place: place, problem, hint: hint)
  }
}

/// Bytes of an input file as an error message quotes them: at most 60, none that could disturb a terminal.
func quoted(_ bytes: Span<UInt8>) -> String {
  let shown = 60
  var head = [UInt8]()
  for index in 0..<min(bytes.count, shown) { head.append(bytes[index]) }
  var text = ""
  for scalar in String(decoding: head, as: UTF8.self).unicodeScalars {
    if scalar.properties.generalCategory == .control {
      text += "\\u{" + String(scalar.value, radix: 16) + "}"
    } else {
      text.unicodeScalars.append(scalar)
    }
  }
  return "\"" + text + (bytes.count > shown ? "…" : "") + "\""
}
