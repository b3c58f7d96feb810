import Base

/// Prefill/decode disaggregation (DistServe, arXiv:2401.09670): some replicas do prompts, the others the tokens after the
/// first, and keys and values move between. It stands beside the policies and is made of two.
public struct Disaggregation: Sendable {
  /// `disaggregated`.
  public static let name = "disaggregated"
  /// What it does.
  public static let summary = "prefills on some replicas and decodes on the others, any policy on each; caches move"

  /// How many of the replicas prefill.
  public let prefillReplicas: Int
  /// The policy of those that prefill.
  public let prefill: String
  /// The policy of those that decode, which also does again what preemption threw away.
  public let decode: String
  private let node: ConfigNode

  /// Reads `prefillReplicas`, `prefill` and `decode`.
  public init(reading node: ConfigNode) throws {
    self.node = node
    var fields = try ConfigFields(node)
    prefillReplicas = try fields.integer("prefillReplicas", in: 1...(.max))
    prefill = try fields.required("prefill").policyName()
    decode = try fields.required("decode").policyName()
    try fields.finish()
  }

  /// How many of so many replicas decode; refuses to leave none.
  func decodeReplicas(of replicas: Int) throws -> Int {
    guard replicas > 1 else {
      throw node.error("\(Self.name) needs 2 replicas or more and there is 1", hint: "set \"replicas\"")
    }
    guard prefillReplicas < replicas else {
      throw node.error("\(prefillReplicas) of \(replicas) replicas prefill, so none decodes")
    }
    return replicas - prefillReplicas
  }
}

/// What can be compared, each with what it does: every policy on all replicas alike, and disaggregation.
public let comparables: [(name: String, summary: String)] =
  policies.map { ($0.name, $0.summary) } + [(Disaggregation.name, Disaggregation.summary)]

extension ConfigNode {
  /// The name of a policy that Sim lists.
  fileprivate func policyName() throws -> String {
    let name = try string()
    guard policies.contains(where: { $0.name == name }) else {
      throw error(unknown: "policy", name, among: policies.map { $0.name })
    }
    return name
  }

  /// The names of what is to be compared, each known and named once.
  func comparedNames() throws -> [String] {
    let known = comparables.map(\.name)
    var names: [String] = []
    for node in try elements() {
      let name = try node.string()
      guard known.contains(name) else { throw node.error(unknown: "policy", name, among: known) }
      guard !names.contains(name) else { throw node.error("the policy \"\(name)\" is named twice") }
      names.append(name)
    }
    guard !names.isEmpty else { throw error("no policy is named") }
    return names
  }
}
