import Base
import Traces

/// What a deployment usually serves of a trace: used where the command line says nothing else.
public struct WorkloadSettings: Sendable {
  /// The trace's name.
  public let trace: String
  /// Requests each second; nil to take them as they were recorded.
  public let rate: RequestsPerSecond?
  /// How many requests; nil for all that the file has.
  public let requestCount: Int?
  /// The limit on the time to first token that goes with this trace; nil for the deployment's.
  public let timeToFirstToken: SimDuration?

  /// Reads the settings under a trace's name.
  init(_ member: ConfigNode.Member) throws {
    trace = member.key
    var fields = try ConfigFields(member.node)
    rate = try fields.optional("ratePerSecond").map { RequestsPerSecond(try $0.number(in: .positive)) }
    requestCount = try fields.optional("requests")?.integer(in: 1...1_000_000_000)
    timeToFirstToken = try fields.optional("ttftMs").map { .milliseconds(try $0.number(in: .milliseconds)) }
    try fields.finish()
  }
}

extension Deployment {
  /// What it usually serves of a trace, if its file says so.
  public func workload(_ trace: String) -> WorkloadSettings? { workloads.first { $0.trace == trace } }

  /// What counts as served well on a trace.
  public func serviceLevel(on trace: String) -> ServiceLevel {
    var level = serviceLevel
    if let limit = workload(trace)?.timeToFirstToken { level.timeToFirstToken = limit }
    return level
  }
}
