#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The streams a command talks to: results on standard output, everything about the run on standard error.
enum Terminal {
  /// Writes to standard output, as it is.
  static func print(_ text: String) throws {
    try OutputFile.writeAll(Array(text.utf8).span, to: STDOUT_FILENO, "standard output")
  }

  /// Writes a line to standard error. Nobody can be told if that fails.
  static func note(_ text: String) { attempt(text + "\n") }

  /// Overwrites the current line of standard error.
  static func redraw(_ line: String) { attempt("\r\u{1B}[2K" + line) }

  /// Whether standard error is a terminal, so that progress makes sense.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  private static func attempt(_ text: String) {
    do {
      try OutputFile.writeAll(Array(text.utf8).span, to: STDERR_FILENO, "standard error")
    } catch {
      // There is nowhere left to complain.
    }
  }
}
