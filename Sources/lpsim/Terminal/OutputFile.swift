import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that appears when it is complete: what fails midway leaves nothing behind.
enum OutputFile {
  /// Lets `body` write pieces to a file, or to standard output where no path is given.
  static func write(to path: String?, _ body: (@escaping (Span<UInt8>) throws -> Void) throws -> Void) throws {
    guard let path else {
      return try body { try writeAll($0, to: STDOUT_FILENO, "standard output") }
    }
    let partial = path + ".partial"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    guard descriptor >= 0 else { throw failure(path, .cannotCreate, "made") }
    do {
      try body { try writeAll($0, to: descriptor, path) }
      guard close(descriptor) == 0, rename(partial, path) == 0 else { throw failure(path, .io, "written") }
    } catch {
      unlink(partial)
      throw error
    }
  }

  /// The same from text.
  static func write(_ text: String, to path: String) throws {
    try write(to: path) { write in try write(Array(text.utf8).span) }
  }

  /// Writes all bytes to an open file.
  static func writeAll(_ bytes: Span<UInt8>, to descriptor: Int32, _ name: String) throws {
    try bytes.withUnsafeBufferPointer { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let written = systemWrite(
          descriptor, UnsafeRawPointer(UnsafeBufferPointer(rebasing: rest).baseAddress), rest.count)
        if written < 0, errno == EINTR { continue }
        guard written >= 0 else { throw failure(name, .io, "written") }
        rest = rest.dropFirst(written)
      }
    }
  }

  private static func failure(_ name: String, _ status: InputError.Status, _ done: String) -> InputError {
    InputError(status, file: name, "cannot be \(done): \(String(cString: strerror(errno)))")
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  #if canImport(Glibc)
    Glibc.write(descriptor, bytes, count)
  #else
    Darwin.write(descriptor, bytes, count)
  #endif
}
