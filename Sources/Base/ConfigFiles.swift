import Synchronization

/// Configuration files, each read and parsed once however often it is asked for, by any thread. A class, because all
/// copies of a library share it.
final class ConfigFiles: Sendable {
  private let trees = Mutex<[String: ConfigNode]>([:])

  /// The tree of the file at a path.
  func tree(of path: String) throws -> ConfigNode {
    if let known = trees.withLock({ $0[path] }) { return known }
    let tree = try ConfigNode(contentsOf: path)
    trees.withLock { $0[path] = tree }
    return tree
  }
}
