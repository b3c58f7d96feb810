import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A regular file that is open for reading at any offset. A class because the descriptor is closed with its last user.
final class OpenFile: Sendable {
  /// Where it stands, as the user wrote it.
  let path: String
  private let descriptor: Int32

  /// Opens the file at a path.
  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw InputError(.noInput, file: path, "is not a regular file; a trace is read more than once")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Reads from an offset into a buffer, as many bytes as are there; 0 at the end.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else { throw unreadable(path) }
    }
  }
}
