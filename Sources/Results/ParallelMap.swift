import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Processor cores that are online.
public var onlineCores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

/// What `transform` makes of each item, in the items' order, on so many threads at most. Results do not depend on the
/// number of workers, and neither does an error: of several that of the first item counts.
/// - Parameter onDone: told how many items are done, by one thread at a time; by throwing it ends the work. Items that
///   have begun are finished in any case.
public func parallelMap<Item: Sendable, Output: Sendable>(
  _ items: [Item], workers: Int, onDone: @Sendable (Int) throws -> Void = { _ in },
  _ transform: @Sendable (Item) throws -> Output
) throws -> [Output] {
  precondition(workers > 0, "somebody must do the work")
  let state = Mutex(ParallelState<Output>(count: items.count))
  DispatchQueue.concurrentPerform(iterations: min(workers, items.count)) { _ in
    while let index = state.withLock({ $0.take() }) {
      let outcome = Result { try transform(items[index]) }
      state.withLock { $0.note(outcome, of: index, onDone) }
    }
  }
  return try state.withLock { try $0.finished() }
}

/// What has been begun, and what came of it.
private struct ParallelState<Output> {
  private var outcomes: [Result<Output, any Error>?]
  private var next = 0
  private var done = 0
  private var end: (any Error)?

  init(count: Int) { outcomes = Array(repeating: nil, count: count) }

  /// The next item, unless there is none or something went wrong.
  mutating func take() -> Int? {
    guard next < outcomes.count, end == nil else { return nil }
    next += 1
    return next - 1
  }

  mutating func note(_ outcome: Result<Output, any Error>, of index: Int, _ onDone: (Int) throws -> Void) {
    outcomes[index] = outcome
    done += 1
    do {
      _ = try outcome.get()
      try onDone(done)
    } catch {
      if end == nil { end = error }
    }
  }

  /// All results, or what went wrong with the first item of which something did. Items are begun in order, so that one
  /// is the same however many workers there are.
  func finished() throws -> [Output] {
    let results = try outcomes.prefix(next).compactMap { try $0?.get() }
    if let end { throw end }
    return results
  }
}
