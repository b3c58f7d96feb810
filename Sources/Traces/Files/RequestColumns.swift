import Base

/// Which columns of a CSV trace hold what we need, found by their names; other columns are passed over.
struct RequestColumns: Sendable {
  /// A column with its name and place.
  struct Column: Sendable {
    let name: String
    let index: Int
  }

  /// The names a format gives its columns.
  struct Names: Sendable {
    let arrival: String
    let prompt: String
    let output: String
    /// Whether files of the format may lack the arrivals.
    var arrivalMayLack = false
    /// What names the conversations of requests; nil where the format has none.
    var session: String?
  }

  /// The arrivals' column; nil where the file has none.
  let arrival: Column?
  private let prompt: Column
  private let output: Column
  private let session: Column?
  private let columnCount: Int
  private var row = CSVRow()

  /// The columns of a file that begins with this line; nil where it lacks one the format needs.
  init?(header: String, names: Names) throws(RowProblem) {
    guard let titles = csvTitles(header) else { return nil }
    func column(_ name: String) throws(RowProblem) -> Column? {
      guard let index = titles.firstIndex(of: name) else { return nil }
      guard titles.lastIndex(of: name) == index else { throw RowProblem("the column \"\(name)\" stands twice") }
      return Column(name: name, index: index)
    }
    guard let prompt = try column(names.prompt), let output = try column(names.output) else { return nil }
    arrival = try column(names.arrival)
    session = try names.session.flatMap(column)
    if arrival == nil {
      guard names.arrivalMayLack else { return nil }
      let rest = titles.filter { $0 != names.prompt && $0 != names.output }
      if let misspelt = rest.first(where: { nearestWord(to: $0, among: [names.arrival]) != nil }) {
        throw RowProblem("unknown column \"\(misspelt)\"", hint: "did you mean \"\(names.arrival)\"?")
      }
    }
    self.prompt = prompt
    self.output = output
    columnCount = titles.count
  }

  /// Finds the fields of a row.
  mutating func split(_ line: Span<UInt8>) throws(RowProblem) {
    try row.split(line)
    let found = row.fields.count
    guard found == columnCount else {
      throw RowProblem("\(found) column\(found == 1 ? "" : "s"); expected \(columnCount), as in the header")
    }
  }

  /// The row's prompt, in tokens; `least` is 0 where the request failed.
  func promptTokens(_ line: Span<UInt8>, from least: Int = 1) throws(RowProblem) -> Int {
    try tokenCount(line.extracting(row.fields[prompt.index]), from: least, column: prompt.name)
  }

  /// The row's answer, in tokens; `least` is 0 where the format writes failed requests so.
  func outputTokens(_ line: Span<UInt8>, from least: Int = 1) throws(RowProblem) -> Int {
    try tokenCount(line.extracting(row.fields[output.index]), from: least, column: output.name)
  }

  /// The number of the row's conversation, the same in every process; nil where it belongs to none.
  func session(_ line: Span<UInt8>) -> UInt64? {
    guard let session, !row.fields[session.index].isEmpty else { return nil }
    var hash = FNV1a()
    for place in row.fields[session.index] { hash.add(line[place]) }
    return hash.value
  }

  /// The row's arrival times a power of ten, in whole numbers; nil where the file has none.
  func scaledArrival(_ line: Span<UInt8>, timesTenTo power: Int) throws(RowProblem) -> Int64? {
    guard let arrival else { return nil }
    return try scaledDecimal(line.extracting(row.fields[arrival.index]), timesTenTo: power, column: arrival.name)
  }

  /// The row's arrival, a date and time, in nanoseconds; nil where the file has none.
  func calendarArrival(_ line: Span<UInt8>) throws(RowProblem) -> Int64? {
    guard let arrival else { return nil }
    return try calendarNanoseconds(line.extracting(row.fields[arrival.index]), column: arrival.name)
  }
}

/// The names of the columns in a header line; nil if it is no CSV.
private func csvTitles(_ header: String) -> [String]? {
  let bytes = Array(header.utf8)
  var row = CSVRow()
  do {
    try row.split(bytes.span)
  } catch {
    return nil
  }
  return row.fields.map { String(decoding: bytes[$0], as: UTF8.self) }
}
