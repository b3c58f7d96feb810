import Base

/// A policy with one of its settings, if it has one that can be searched; all others are the deployment's.
public struct Contender: Sendable {
  /// The policy.
  public let policy: String
  /// The setting that can be searched, and its value.
  public let choice: (setting: Setting, value: Int)?

  /// Its name with its setting: `chunked (chunk 512)`.
  public var label: String { choice.map { "\(policy) (\($0.setting.name) \($0.value))" } ?? policy }

  /// The deployment in which the policy has it.
  func tree(in tree: ConfigNode) throws -> ConfigNode {
    guard let choice else { return tree }
    return try tree.setting(choice.setting.path, to: ConfigNode(.integer(choice.value), source: tree.source))
  }
}
