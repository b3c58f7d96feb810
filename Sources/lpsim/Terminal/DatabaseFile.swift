import Base
import Results

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where runs are stored; what fails before the first run is finished leaves neither file nor folder.
struct DatabaseFile {
  private static let folder = "results"
  private let path: String
  private let isDefault: Bool

  /// The file that was asked for, or else `results/` and a deployment's name.
  init(_ asked: String?, name: String) throws {
    path = asked ?? "\(Self.folder)/\(name).sqlite"
    isDefault = asked == nil
    guard isDefault, name.contains("/") || name.isEmpty else { return }
    throw InputError(.config, place: "name", "\"\(name)\" cannot name a file", hint: "name one with --out")
  }

  /// What `body` does with the opened file, and the file's path.
  func withStore<Result>(_ body: (RunStore) throws -> Result) throws -> (result: Result, path: String) {
    let isNewFolder = isDefault && !fileExists(Self.folder)
    if isNewFolder { try makeFolder(Self.folder) }
    do {
      let store = try RunStore(path: path)
      do {
        return (try body(store), path)
      } catch {
        try store.removeIfEmpty()
        throw error
      }
    } catch {
      // Fails where a finished run keeps the folder from being empty, which is as it should be.
      if isNewFolder { rmdir(Self.folder) }
      throw error
    }
  }
}
