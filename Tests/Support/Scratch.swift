import Foundation

/// A folder of a test's own that is gone when the test is over. A class, because its end removes the folder.
public final class Scratch: Sendable {
  /// Where it is.
  public let folder: String

  /// An empty folder.
  public init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "lpsim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    folder = url.path
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) stays: \(error)") }
  }

  /// The path of a file in it.
  public func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// Makes a file, and the folders it stands in.
  /// - Returns: its path.
  @discardableResult public func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = URL(filePath: path(name))
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// The same from text.
  @discardableResult public func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }

  /// The text of a file in it.
  public func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path(name))), as: UTF8.self)
  }

  /// The names of all that stands in it, sorted.
  public func contents() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
}
