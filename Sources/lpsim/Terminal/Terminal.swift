import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The streams a command talks to: results on standard output, everything about the run on standard error.
enum Terminal {
  /// Writes to standard output; a closed pipe ends the program quietly, a full disk is an error.
  static func print(_ text: String) throws {
    guard write(text + "\n", to: STDOUT_FILENO) else {
      throw InputError(.io, file: "standard output", "cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  /// Writes a line to standard error. Nobody can be told if that fails.
  static func note(_ text: String) { _ = write(text + "\n", to: STDERR_FILENO) }

  /// Overwrites the current line of standard error.
  static func redraw(_ line: String) { _ = write("\r\u{1B}[2K" + line, to: STDERR_FILENO) }

  /// Whether standard error is a terminal, so that progress makes sense.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written >= 0 else { return false }
      bytes = bytes.dropFirst(written)
    }
    return true
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  #if canImport(Glibc)
    Glibc.write(descriptor, bytes, count)
  #else
    Darwin.write(descriptor, bytes, count)
  #endif
}
