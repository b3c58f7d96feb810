import Base
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Whether the measured kernels lie beside this package.
let hasMeasuredTables = fileExists(sharedTable("moe"))

/// The path of a measured table.
func sharedTable(_ name: String) -> String { sharedFile("calibration/\(name).csv") }

/// One row of a table by column.
struct MeasuredRow {
  let columns: [String: Int]
  let fields: [String]

  subscript(column: String) -> String { columns[column].map { fields[$0] } ?? "" }
  func number(_ column: String) -> Double { Double(self[column]) ?? .nan }
  func count(_ column: String) -> Int { Int(number(column)) }
}

/// The rows of a table whose columns have these values.
func measured(_ table: String, where wanted: [(String, String)]) throws -> [MeasuredRow] {
  let lines = try readTextFile(sharedTable(table)).utf8.split(separator: 10).map {
    $0.split(separator: 44, omittingEmptySubsequences: false)
  }
  let names = lines[0].map { String(Substring($0)) }
  let columns = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
  let tests = wanted.map { (columns[$0.0] ?? 0, Array($0.1.utf8)) }
  return lines.dropFirst().filter { fields in tests.allSatisfy { fields[$0.0].elementsEqual($0.1) } }
    .map { MeasuredRow(columns: columns, fields: $0.map { String(Substring($0)) }) }
}

/// How far predictions lie from measurements, in per cent.
struct Errors: CustomStringConvertible {
  let sorted: [Double]

  init(_ pairs: [(predicted: Double, measured: Double)]) {
    sorted = pairs.map { 100 * ($0.predicted / $0.measured - 1).magnitude }.sorted()
  }

  var median: Double { sorted[sorted.count / 2] }
  var p90: Double { sorted[sorted.count * 9 / 10] }
  var description: String { "median \(median) %, p90 \(p90) % of \(sorted.count)" }
}
