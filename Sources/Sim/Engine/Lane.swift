import DequeModule
import HardwareModels

/// Ranks that begin and end their iterations together, because their tokens meet in the experts of every layer. A rank
/// without work takes part without tokens.
struct Lane {
  let id: ReplicaID
  /// The numbers of its ranks.
  let ranks: Range<Int>
  /// The number of the replica whose stages it passes.
  let replica: Int
  /// Whether other lanes pass these stages, too.
  let sharesStages: Bool
  var isRunning = false
  /// Whether something happened to one of its ranks that it has not answered yet.
  var isWoken = false
  /// Whether it waits for the first stage.
  var isQueued = false
  /// The iteration that runs, or ran last.
  var iteration = IterationRecord()

  /// - Parameter firstRank: the number of its first rank.
  init(_ number: Int, of pool: ReplicaPool, replica: Int, firstRank: Int) {
    id = ReplicaID(number)
    ranks = firstRank..<firstRank + pool.ranks
    self.replica = replica
    sharesStages = pool.lanes > 1
    iteration.replica = id
  }

  /// Whether it is one scheduler that is alone on its GPUs.
  var isPlain: Bool { ranks.count == 1 && !sharesStages }
}
