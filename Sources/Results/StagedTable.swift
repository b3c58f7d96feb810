import GRDB
import GRDBSQLite

/// A table whose rows come by the million while a run goes on. They wait in a temporary table of the connection, which
/// locks nothing, and move to the table of the same name in the file when the run is finished.
struct StagedTable {
  /// Its name in the file.
  let name: String
  /// Its columns in the file but the run.
  let columns: [String]
  /// How many of the first columns together tell rows of a run apart.
  let keyCount: Int

  /// The temporary table.
  var creation: String {
    var names = columns
    if keyCount == 1 { names[0] += " INTEGER PRIMARY KEY" }
    return "CREATE TEMP TABLE staged_\(name) (\(names.joined(separator: ", ")))"
  }

  /// Adds a row to the temporary table.
  var insertion: String {
    "INSERT INTO temp.staged_\(name) VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))"
  }

  /// Moves all rows to the file, under the number of their run.
  var publication: String {
    let list = columns.joined(separator: ", ")
    let key = columns.prefix(keyCount).joined(separator: ", ")
    return "INSERT INTO main.\(name) (run, \(list)) SELECT ?, \(list) FROM temp.staged_\(name) ORDER BY \(key)"
  }
}

/// The next row of a prepared INSERT, bound column by column through SQLite's own functions: twice as fast as through
/// GRDB's arguments, which box every value.
struct RowBinder: ~Copyable {
  private let statement: OpaquePointer
  private var column: Int32 = 0

  /// A row of this statement.
  init(_ statement: Statement) { self.statement = statement.sqliteStatement }

  /// The next column, a whole number.
  mutating func bind(_ value: Int) {
    column += 1
    sqlite3_bind_int64(statement, column, Int64(value))
  }

  /// The next column, a number.
  mutating func bind(_ value: Double) {
    column += 1
    sqlite3_bind_double(statement, column, value)
  }

  /// The next column, a text.
  mutating func bind(_ value: String) {
    column += 1
    sqlite3_bind_text(statement, column, value, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
  }

  /// The next column, a number or NULL.
  mutating func bind(_ value: Double?) {
    if let value { bind(value) } else { skip() }
  }

  /// The next column, a whole number or NULL.
  mutating func bind(_ value: Int?) {
    if let value { bind(value) } else { skip() }
  }

  private mutating func skip() {
    column += 1
    sqlite3_bind_null(statement, column)
  }

  /// Ends the row and adds it.
  consuming func insert() throws {
    precondition(column == sqlite3_bind_parameter_count(statement), "a row must fill its columns")
    let stepped = sqlite3_step(statement)
    let code = sqlite3_reset(statement)
    guard stepped == SQLITE_DONE else {
      let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(statement)))
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
  }
}
