import Base
import Results

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where the tasks of a sweep work: beside its database a folder with a database, a log and a count of points for each
/// shard. It lies on a file system that all machines share. Databases in it are opened only while no task is at work:
/// SQLite's write-ahead log needs all its readers on one machine. Hence the counts, which are small files.
///
/// A class, because it holds the lock that keeps others out.
final class ShardFolder {
  /// Where it is, as the user would write it.
  let path: String
  /// How many shards there are.
  let count: Int
  private let lock: Int32

  /// Makes the folder of a database, or takes it up again, and locks it. The lock goes over to the programs that are
  /// started, so it holds while one of them is at work.
  init(beside database: String, count: Int) throws {
    path = (database.hasSuffix(".sqlite") ? String(database.dropLast(".sqlite".count)) : database) + ".shards"
    self.count = count
    try makeFolder(path)
    let file = "\(path)/lock"
    lock = open(file, O_RDWR | O_CREAT, 0o666)
    guard lock >= 0 else {
      throw InputError(.cannotCreate, file: file, "cannot be made: \(String(cString: strerror(errno)))")
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let problem = errno
      close(lock)
      throw InputError(
        .unavailable, file: path,
        problem == EWOULDBLOCK
          ? "another lpsim, or a task that it started, is at work there"
          : "cannot be locked: \(String(cString: strerror(problem)))")
    }
  }

  deinit { close(lock) }

  /// What every task runs, as a path that does not depend on where one stands.
  var script: String { absolute("job.sh") }
  /// Says which job of Slurm is at work.
  var job: String { "\(path)/job" }

  /// A file in it as a path that does not depend on where one stands.
  func absolute(_ file: String) -> String { (path.hasPrefix("/") ? "" : "\(currentFolder())/") + "\(path)/\(file)" }

  /// A shard's database.
  func database(of shard: Int) -> String { "\(path)/\(shard)-of-\(count).sqlite" }

  /// Databases that earlier calls with other numbers of shards left.
  var leftovers: [String] {
    names(in: path, endingIn: ".sqlite").filter { !$0.hasSuffix("-of-\(count)") && $0 != Self.joined }
      .map { "\(path)/\($0).sqlite" }
  }

  private static let joined = "joined"

  /// Joins all shards in one more database, so that another can take the points in their order and not in the shards'.
  func join() throws -> String {
    let joined = "\(path)/\(Self.joined).sqlite"
    try Self.remove(joined)
    try RunStore(path: joined).merge((1...count).map(database))
    return joined
  }

  /// How many points of a shard are done, as far as one can see from here.
  func doneCount(of shard: Int) -> Int {
    do { return try Int(readTextFile("\(path)/\(shard)-of-\(count).count").filter(\.isNumber)) ?? 0 } catch {
      // It has not begun, or the file system is not done with a new count. Nothing but the bar depends on it.
      return 0
    }
  }

  /// Removes the folder where no task has begun.
  func removeIfUnused() throws {
    if !fileExists(job), [".sqlite", ".log"].allSatisfy({ names(in: path, endingIn: $0).isEmpty }) { try remove() }
  }

  /// Removes what was made here. What others put there stays, and the folder with it.
  func remove() throws {
    for ending in [".sqlite", ".log", ".count", ".partial"] {
      for name in names(in: path, endingIn: ending) { try Self.remove("\(path)/\(name)\(ending)") }
    }
    for file in [script, job, "\(path)/lock"] { try Self.remove(file) }
    rmdir(path)
  }

  /// Removes a file, and if it is a database, what SQLite keeps beside it.
  static func remove(_ file: String) throws {
    for file in [file] + (file.hasSuffix(".sqlite") ? ["\(file)-wal", "\(file)-shm"] : []) {
      guard unlink(file) == 0 || errno == ENOENT else {
        throw InputError(.io, file: file, "cannot be removed: \(String(cString: strerror(errno)))")
      }
    }
  }
}
