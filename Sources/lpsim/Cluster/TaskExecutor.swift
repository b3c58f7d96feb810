import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What runs the tasks of a sweep, on this machine or others.
protocol TaskExecutor {
  /// Complains if the programs that it needs are not here.
  func check() throws

  /// Waits for tasks that an earlier call of lpsim left at work.
  func finishEarlier(in folder: ShardFolder, tick: () throws -> Void) throws

  /// Lets tasks simulate shards, and comes back when none of them is at work any more, however it ended.
  /// - Parameter tick: called several times a second; by throwing it ends the tasks.
  func run(_ shards: [Int], of sweep: ClusterSweep, in folder: ShardFolder, tick: () throws -> Void) throws
}

/// Waits a little, as loops do that look whether something has ended.
func waitForAWhile() { usleep(100_000) }

/// The folder that the program stands in.
func currentFolder() -> String {
  var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
  precondition(getcwd(&buffer, buffer.count) != nil, "a process has a working directory")
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
