import Base
import GRDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a results file is to the operating system, asked before and after SQLite is.
struct FilePlace {
  /// The path as the user gave it.
  let path: String

  /// The folder the file stands in.
  var folder: String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The path for SQLite, which takes `:memory:` and `file:...` for something other than files.
  var forSQLite: String { path.hasPrefix("/") ? path : "./" + path }

  /// Complains about a place where no file can be, in words that SQLite does not have.
  func check() throws {
    guard !path.isEmpty else { throw InputError(.usage, "the name of the results file is empty") }
    guard isFolder(folder) else {
      throw InputError(
        .cannotCreate, file: path, "cannot be created: there is no folder \"\(folder)\"", hint: "make it with mkdir -p")
    }
    guard !isFolder(path) else {
      throw InputError(.cannotCreate, file: path, "is a folder; expected a results file")
    }
    guard !fileExists(path) || has(S_IFREG, path) else {
      throw InputError(.cannotCreate, file: path, "is not a regular file; expected a results file")
    }
  }

  /// Runs what talks to SQLite; what SQLite refuses becomes a sentence for the user.
  func explaining<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as DatabaseError { throw explanation(of: error) }
  }

  private func explanation(of error: DatabaseError) -> InputError {
    switch error.resultCode {
    case .SQLITE_NOTADB:
      InputError(.data, file: path, "is not a SQLite database", hint: "name another file with --out")
    case .SQLITE_FULL:
      InputError(
        .io, file: path, "the disk is full; the run was not stored",
        hint: "rows wait in SQLITE_TMPDIR (or /var/tmp) until a run is finished")
    case .SQLITE_READONLY:
      InputError(.cannotCreate, file: path, "is read-only")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      InputError(.unavailable, file: path, "another program has been writing to it for over 30 seconds")
    case .SQLITE_CANTOPEN where access(folder, W_OK) != 0:
      InputError(.cannotCreate, file: path, "cannot be written: the folder \"\(folder)\" is read-only")
    case .SQLITE_CANTOPEN:
      InputError(.cannotCreate, file: path, "cannot be opened or created")
    case .SQLITE_CORRUPT:
      InputError(.data, file: path, "is a damaged SQLite database", hint: "name another file with --out")
    default:
      InputError(.io, file: path, "SQLite says: \(error.message ?? error.resultCode.description)")
    }
  }

  private func isFolder(_ path: String) -> Bool { has(S_IFDIR, path) }

  private func has(_ kind: mode_t, _ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == kind
  }
}
