/// How many things are done, as a file that another program reads; written at most once a second, and at the end.
struct CountFile {
  private let path: String?
  private let last: Int
  private var written: ContinuousClock.Instant?

  /// A file, or nothing where none was asked for.
  /// - Parameter last: how many things there are.
  init(_ path: String?, last: Int) { (self.path, self.last) = (path, last) }

  /// Says that so many are done.
  mutating func write(_ done: Int) throws {
    let now = ContinuousClock.now
    guard let path, done == last || written.map({ now - $0 >= .seconds(1) }) ?? true else { return }
    written = now
    try OutputFile.write("\(done)\n", to: path)
  }
}
