import Base

/// Decides what each iteration does. One file and one line in ``policies`` make a new one, and the laws test it.
///
/// A policy is told when it is asked and may remember what it planned: a plan that it returns is always carried out.
public protocol SchedulingPolicy: Sendable {
  /// The name in configuration files and on the command line.
  static var name: String { get }
  /// One sentence for `lpsim list policies`.
  static var summary: String { get }

  /// The policy with its settings, on a model of so many layers.
  init(reading settings: ConfigNode, layerCount: Int) throws

  /// Most tokens that pass a layer in one iteration; memory for activations is set aside for so many.
  func mostBatchedTokens(maxRequests: Int, maxModelLen: Int) -> Int

  /// What the next iteration shall do. Asked only when some request waits, prefills or decodes, and must then find
  /// something to do, unless keys and values on the way to or from the replica hold the blocks, or other ranks prefill
  /// (``ReplicaView/prefillClock``).
  mutating func nextBatch(_ view: ReplicaView) -> BatchPlan
}

/// Every policy that lpsim knows.
public let policies: [any SchedulingPolicy.Type] = [
  ChunkedPrefill.self,
  LayeredPrefill.self,
  Orca.self,
  StaticBatching.self,
]

/// The policy of a name with its settings; an unknown name is an error that names the nearest one.
public func makePolicy(_ name: String, settings: ConfigNode, layerCount: Int) throws -> any SchedulingPolicy {
  guard let policy = policies.first(where: { $0.name == name }) else {
    throw settings.error(unknown: "policy", name, among: policies.map { $0.name })
  }
  return try policy.init(reading: settings, layerCount: layerCount)
}

extension ClosedRange<Int> {
  /// The budgets of tokens and requests that a policy may have; sums and products of them stay far below an Int's end.
  static var tokenCounts: Self { 1...16_777_216 }
}
