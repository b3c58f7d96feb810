import Base
import Sim
import Traces

/// A sweep with what its points are made of: ready to be simulated, in any order and on any number of threads.
public struct SweepSetup: Sendable {
  /// The sweep.
  public let sweep: Sweep
  private let library: ConfigLibrary
  /// Each trace that is named, under the name that the sweep has for it.
  private let traces: [(name: String, choice: TraceChoice)]
  private let programVersion: String

  /// Reads what a sweep names; a key or a word that nobody knows is an error that says where it stands.
  public init(_ sweep: Sweep, in library: ConfigLibrary, programVersion: String) throws {
    self.sweep = sweep
    self.library = library
    self.programVersion = programVersion
    traces = try sweep.values(of: "trace").map { node in
      do {
        return (try node.string(), try TraceChoice(node.string(), in: library))
      } catch let error as InputError where error.file.isEmpty {
        throw node.error(error.problem, hint: error.hint)
      }
    }
    try checkKeys()
  }

  /// What a point runs, and under which policy.
  public func experiment(at number: Int) throws -> (experiment: Experiment, policy: String) {
    guard let policy = sweep.text(of: "policy", at: number), let name = sweep.text(of: "trace", at: number),
      let trace = traces.first(where: { $0.name == name })?.choice
    else { preconditionFailure("every point has a policy and a trace that was read") }
    let experiment = try Experiment(
      of: resolve(sweep.fixed + sweep.settings(at: number), serving: trace), serving: trace,
      rate: sweep.value(of: "rate", at: number).map { RequestsPerSecond(try $0.number(in: .positive)) },
      requestCount: sweep.value(of: "requests", at: number)?.integer(in: 1...(.max)), programVersion: programVersion)
    return (experiment, policy)
  }

  private func resolve(_ settings: [Sweep.Setting], serving trace: TraceChoice) throws -> ConfigNode {
    let overrides = try settings.filter { !Sweep.workloadKeys.contains($0.key) }
      .map { try ConfigOverride($0.key, to: $0.value) }
    return try library.resolve(sweep.base.string(), serving: trace, overrides: overrides)
  }

  /// A word that is wrong at all points is said before the first one runs. What is wrong at some points only is theirs.
  private func checkKeys() throws {
    _ = try library.path(of: sweep.base.string(), .deployment, asker: sweep.base)
    guard let trace = traces.first?.choice else { preconditionFailure("a sweep names a trace") }
    let tree = try resolve(sweep.fixed, serving: trace)
    _ = try Deployment(reading: tree.removing("trace"))
    for axis in sweep.axes where !Sweep.workloadKeys.contains(axis.key) {
      let first = String(axis.key.prefix { $0 != "." })
      guard tree.member(first) != nil else {
        let known = Sweep.workloadKeys + (tree.members ?? []).map(\.key)
        throw axis.keyNode.error(unknown: "key", axis.key, among: known)
      }
      let kinds: [(key: String, kind: ConfigLibrary.Kind)] = [("model", .model), ("gpu", .gpu), ("engine", .engine)]
      if let kind = kinds.first(where: { $0.key == axis.key })?.kind { try checkNames(axis.values, kind) }
      if !tree.has(axis.key) {
        _ = try Deployment(reading: tree.setting(axis.key, to: axis.values[0]).removing("trace"))
      }
    }
  }

  private func checkNames(_ values: [ConfigNode], _ kind: ConfigLibrary.Kind) throws {
    for value in values {
      if case .string(let name) = value.value { _ = try library.path(of: name, kind, asker: value) }
    }
  }
}

extension ConfigNode {
  fileprivate func has(_ keyPath: String) -> Bool {
    keyPath.split(separator: ".").reduce(self as ConfigNode?) { $0?.member(String($1)) } != nil
  }
}
