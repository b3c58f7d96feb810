import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The user pressed Ctrl-C, or the system asked us to end.
struct Interrupted: Error {
  /// What is not lost.
  let kept: String
}

/// Turns the first SIGINT or SIGTERM into an ``Interrupted`` at the next safe place; a second one ends the program.
enum Interrupt {
  private static let isRequested = Atomic(false)

  /// Begins to listen.
  static func listen() {
    unblock(SIGINT, SIGTERM)
    for name in [SIGINT, SIGTERM] {
      signal(name) { name in
        Interrupt.isRequested.store(true, ordering: .relaxed)
        signal(name, SIG_DFL)
      }
    }
  }

  /// Lets the program end without a word, as tools do, when nobody reads its output any more.
  static func endQuietlyOnClosedPipe() {
    unblock(SIGPIPE)
    signal(SIGPIPE, SIG_DFL)
  }

  /// Whoever started us may have blocked signals, as thread pools do on their threads, and a new program inherits that.
  private static func unblock(_ names: Int32...) {
    var set = sigset_t()
    sigemptyset(&set)
    for name in names { sigaddset(&set, name) }
    sigprocmask(SIG_UNBLOCK, &set, nil)
  }

  /// Throws if the user wants to end.
  static func check(keeping kept: String = "finished runs are kept") throws {
    if isRequested.load(ordering: .relaxed) { throw Interrupted(kept: kept) }
  }
}
