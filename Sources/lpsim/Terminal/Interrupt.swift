import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The user pressed Ctrl-C, or the system asked us to end.
struct Interrupted: Error {}

/// Turns the first SIGINT or SIGTERM into an ``Interrupted`` at the next safe place; a second one ends the program.
enum Interrupt {
  private static let isRequested = Atomic(false)

  /// Begins to listen.
  static func listen() {
    for name in [SIGINT, SIGTERM] {
      signal(name) { name in
        Interrupt.isRequested.store(true, ordering: .relaxed)
        signal(name, SIG_DFL)
      }
    }
  }

  /// Lets the program end without a word, as tools do, when nobody reads its output any more.
  static func endQuietlyOnClosedPipe() { signal(SIGPIPE, SIG_DFL) }

  /// Throws if the user wants to end.
  static func check() throws {
    if isRequested.load(ordering: .relaxed) { throw Interrupted() }
  }
}
