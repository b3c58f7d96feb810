import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Another program at work, in a process group of its own: Ctrl-C reaches it through us only.
struct Subprocess {
  /// What a program said until its end.
  struct Outcome {
    /// As shells count: 128 and the signal's number where one ended it.
    var status: Int32
    var output: String
    var errors: String
  }

  /// What the operating system calls it.
  let processID: pid_t

  /// Starts a program that is found as shells find it; the first word is its name. What it says goes to open files.
  /// - Parameter package: the Debian package that has the program.
  init(_ words: [String], from package: String, output: Int32, errors: Int32) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var processID = pid_t()
    let problem = posix_spawnp(&processID, words[0], &actions, &attributes, &arguments, environ)
    guard problem == 0 else {
      let isMissing = problem == ENOENT
      throw InputError(
        .unavailable, file: words[0],
        isMissing ? "is not on the PATH" : "cannot be started: \(String(cString: strerror(problem)))",
        hint: isMissing ? "install Debian's package \(package)" : "")
    }
    self.processID = processID
  }

  /// How it ended, as shells count; nil while it runs.
  /// - Parameter patiently: waits for its end.
  func end(patiently: Bool) -> Int32? {
    var status: Int32 = 0
    var found: pid_t
    repeat { found = waitpid(processID, &status, patiently ? 0 : WNOHANG) } while found < 0 && errno == EINTR
    precondition(found >= 0, "a program that was started is waited for once")
    guard found == processID else { return nil }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  /// Runs a program to its end.
  static func run(_ words: [String], from package: String) throws -> Outcome {
    guard let output = tmpfile(), let errors = tmpfile() else {
      throw InputError(.cannotCreate, "no temporary file can be made: \(String(cString: strerror(errno)))")
    }
    defer { for file in [output, errors] { fclose(file) } }
    let process = try Subprocess(words, from: package, output: fileno(output), errors: fileno(errors))
    guard let status = process.end(patiently: true) else { preconditionFailure("it was waited for") }
    return Outcome(status: status, output: text(of: output), errors: text(of: errors))
  }

  private static func text(of file: UnsafeMutablePointer<FILE>) -> String {
    rewind(file)
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A word as POSIX shells read it back, whatever is in it.
func shellQuoted(_ word: String) -> String {
  "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
