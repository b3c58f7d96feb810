/// Threads that simulate, with somebody to tell how far they are.
public struct Crew: Sendable {
  /// How far the work has come.
  public struct Progress: Sendable {
    /// What is being done.
    public var stage: String
    /// How many pieces of work of this stage are done.
    public var done: Int
    /// Of how many.
    public var total: Int
  }

  /// Called often, from any thread; by throwing it ends the work.
  public let check: @Sendable () throws -> Void
  private let workers: Int
  private let onProgress: @Sendable (Progress) throws -> Void

  /// A crew.
  /// - Parameters:
  ///   - workers: how many threads work.
  ///   - check: called often, from any of them; by throwing it ends the work.
  ///   - onProgress: told what is done, by one thread at a time; by throwing it ends the work.
  public init(
    workers: Int, check: @escaping @Sendable () throws -> Void = {},
    onProgress: @escaping @Sendable (Progress) throws -> Void = { _ in }
  ) {
    self.workers = workers
    self.check = check
    self.onProgress = onProgress
  }

  /// What `body` makes of each item, on all threads; the result does not depend on their number.
  public func map<Item: Sendable, Output: Sendable>(
    _ items: [Item], stage: String, _ body: @Sendable (Item) throws -> Output
  ) throws -> [Output] {
    try parallelMap(
      items, workers: workers,
      onDone: { try onProgress(Progress(stage: stage, done: $0, total: items.count)) }, body)
  }
}
