import Base
import Sim

/// What was simulated: everything about a run that is known before it begins.
public struct RunDescription: Hashable, Sendable {
  /// A file that the configuration names, with the hash of what is in it.
  public struct File: Hashable, Sendable {
    /// The file as the configuration names it.
    public var name: String
    /// The SHA-256 hash of its content.
    public var contentHash: String

    /// A file and the hash of its content.
    public init(name: String, contentHash: String) {
      self.name = name
      self.contentHash = contentHash
    }
  }

  /// What people call it, such as `qwen3-30b`.
  public let name: String
  /// The policy that scheduled it.
  public let policy: String
  /// The place of its policy among those that are compared, from 0; the first is what the others are measured against.
  public let policyIndex: Int
  /// The trace that its requests come from.
  public let trace: String
  /// Requests a second that were asked for; nil where the trace's own arrivals were kept.
  public let rate: Double?
  /// The seed of its random streams.
  public let seed: Int
  /// The limits a request must meet.
  public let serviceLevel: ServiceLevel
  /// The resolved configuration, overrides included, as canonical JSON: all that decides the outcome but the policy and
  /// the content of files.
  public let config: String
  /// The files that the configuration names, in the order they were read.
  public let files: [File]
  /// The version of the program that simulated it.
  public let programVersion: String
  /// The identity of what was simulated: the SHA-256 hash of the configuration and of the content of its files,
  /// wherever these stand. Runs that differ in nothing but the policy share it.
  public let configHash: String

  /// A run to be.
  public init(
    name: String, policy: String, policyIndex: Int, trace: String, rate: Double?, seed: Int,
    serviceLevel: ServiceLevel, config: String, files: [File], programVersion: String
  ) {
    self.name = name
    self.policy = policy
    self.policyIndex = policyIndex
    self.trace = trace
    self.rate = rate
    self.seed = seed
    self.serviceLevel = serviceLevel
    self.config = config
    self.files = files
    self.programVersion = programVersion
    configHash = sha256(([config] + files.map(\.contentHash)).joined(separator: "\n"))
  }
}
