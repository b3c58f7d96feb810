import Results

/// How far the tasks of a sweep have come. A class, because closures share it.
final class ClusterProgress {
  private let sweep: Sweep
  private let folder: ShardFolder
  private var bar: ProgressBar
  private var counted: ContinuousClock.Instant?

  /// A bar of the sweep's points.
  init(of sweep: Sweep, in folder: ShardFolder) {
    (self.sweep, self.folder) = (sweep, folder)
    bar = ProgressBar(sweep.name, total: sweep.pointCount, of: "points")
  }

  /// Shows it while these shards are at work, looking once a second at most; throws if the user wants to end.
  func show(_ shards: some Collection<Int>) throws {
    try Interrupt.check()
    let now = ContinuousClock.now
    guard Terminal.isInteractive, counted.map({ now - $0 >= .seconds(1) }) ?? true else { return }
    counted = now
    let atWork = shards.reduce(0) { $0 + sweep.points(ofShard: $1, of: folder.count).count - folder.doneCount(of: $1) }
    bar.show(requests: sweep.pointCount - atWork)
  }

  /// Takes the bar away.
  func clear() { bar.clear() }
}
