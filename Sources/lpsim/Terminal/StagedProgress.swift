import Results
import Synchronization

/// One bar after another, shown by many threads. A class, because closures share it.
final class StagedProgress: Sendable {
  private struct State {
    var stage = ""
    var bar: ProgressBar?
    var done = 0
    var total = 0
  }

  private let things: String
  private let state = Mutex(State())

  /// Bars that count these things.
  init(of things: String) { self.things = things }

  /// Shows how far the work has come; throws if the user wants to end.
  func show(_ progress: Crew.Progress) throws {
    state.withLock { state in
      if state.stage != progress.stage {
        state.bar?.clear()
        state.stage = progress.stage
        state.bar = ProgressBar(progress.stage, total: progress.total, of: things)
      }
      (state.done, state.total) = (progress.done, progress.total)
      state.bar?.show(requests: progress.done)
    }
    try Interrupt.check()
  }

  /// Takes the bar away.
  func clear() { state.withLock { $0.bar?.clear() } }

  /// How far the work has come, in words.
  var remains: String {
    state.withLock { state in
      state.stage.isEmpty
        ? "nothing was done" : "\(state.done) of \(state.total) \(things) of \"\(state.stage)\" were done"
    }
  }
}
