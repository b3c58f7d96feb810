import Base
import HardwareModels

/// The number of a request in the order of arrival, from 0.
public struct RequestID: Hashable, Comparable, Sendable {
  /// The number.
  public let number: Int

  /// The request with this number.
  public init(_ number: Int) { self.number = number }

  /// Whether the left request arrived first.
  public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// The number of a replica, from 0; where replicas have several lanes, of a lane over the whole server.
public struct ReplicaID: Hashable, Sendable {
  /// The number.
  public let number: Int

  /// The replica with this number.
  public init(_ number: Int) { self.number = number }
}

/// Neighbouring iterations of a replica, at each of whose ends a token of a request came out.
public struct Emission: Hashable, Sendable {
  /// The replica.
  public var replica: ReplicaID
  /// The iterations' numbers on it.
  public var iterations: ClosedRange<Int>

  /// Iterations of a replica.
  public init(_ replica: ReplicaID, _ iterations: ClosedRange<Int>) {
    self.replica = replica
    self.iterations = iterations
  }
}

/// What became of a request.
public struct RequestRecord: Hashable, Sendable {
  /// How a request left the server.
  public enum Outcome: String, CaseIterable, Sendable {
    /// All its tokens came out.
    case completed
    /// Prompt and answer together are longer than `maxModelLen`.
    case rejectedTooLong = "rejected_too_long"
    /// Prompt and answer together need more KV blocks than the replica has.
    case rejectedNoMemory = "rejected_no_memory"
  }

  /// Its number.
  public var id: RequestID
  /// How it left.
  public var outcome: Outcome
  /// Where it arrived; with a handover its other tokens come out elsewhere.
  public var replica: ReplicaID
  /// When it reached the server.
  public var arrival: SimTime
  /// When its first work began; for a rejected request its arrival, as are its first token and its finish.
  public var firstScheduled: SimTime
  /// When its first token came out.
  public var firstToken: SimTime
  /// When its keys and values had reached the replica that decodes; nil where they did not move.
  public var cacheArrival: SimTime?
  /// When its last token came out.
  public var finish: SimTime
  /// Tokens of its prompt.
  public var promptTokens: Int
  /// Those of them that were cached when it was first admitted, and not computed.
  public var cachedTokens: Int
  /// Tokens of its answer.
  public var outputTokens: Int
  /// The longest time between two of its tokens.
  public var largestGap: SimDuration
  /// How often it was preempted.
  public var preemptions: Int
  /// The iterations at whose ends its tokens came out; empty unless iterations are recorded.
  public var emissions: [Emission]
}

/// What happened in an iteration; of a lane with several ranks, the sums over these.
public struct IterationRecord: Hashable, Sendable {
  /// Its replica.
  public var replica = ReplicaID(0)
  /// Its number on its replica, from 0.
  public var index = 0
  /// When it began.
  public var start = SimTime.zero
  /// When it ended and its tokens came out.
  public var end = SimTime.zero
  /// Requests that decoded one token each.
  public var decodes = 0
  /// Prompt tokens x layers that were done, in whole-model tokens times layers.
  public var prefillTokenLayers = 0
  /// Requests that prefilled.
  public var prefillRequests = 0
  /// Layers that had prefill, from the first to the last on any rank; empty without prefill.
  public var prefillLayers = 0..<0
  /// Tokens that came out.
  public var emittedTokens = 0
  /// Requests that waited while it ran.
  public var waiting = 0
  /// KV blocks in use while it ran.
  public var usedBlocks = 0
  /// Time, traffic, arithmetic and energy.
  public var cost = IterationCost()
  /// What its time was spent on; empty unless the recorder wants it and the cost model knows, which it does of one rank and
  /// one stage.
  public var parts: [IterationPart] = []
}

/// How much a recorder wants to hear.
public enum RecordDetail: String, CaseIterable, Comparable, Sendable {
  /// Only the summary at the end.
  case none
  /// One record a request.
  case requests
  /// One record a request and one an iteration.
  case iterations

  /// Whether the left wants less than the right.
  public static func < (left: Self, right: Self) -> Bool {
    func rank(_ detail: Self) -> Int { allCases.firstIndex(of: detail) ?? 0 }
    return rank(left) < rank(right)
  }
}

/// Hears what happens in a simulation, as it happens. A class, because who listens owns what it writes to.
public protocol Recorder: AnyObject {
  /// What it wants to hear; asked once, before the simulation begins.
  var detail: RecordDetail { get }
  /// Whether iterations are to come with their parts; asked once, too.
  var wantsParts: Bool { get }
  /// A request left the server.
  func record(_ request: RequestRecord) throws
  /// An iteration ended.
  func record(_ iteration: IterationRecord) throws
}

extension Recorder {
  /// Few want them.
  public var wantsParts: Bool { false }

  /// Hears of a request as far as it wants to.
  public func hear(_ request: RequestRecord) throws {
    guard detail >= .requests else { return }
    var heard = request
    if detail < .iterations { heard.emissions = [] }
    try record(heard)
  }

  /// Hears of an iteration if it wants to.
  public func hear(_ iteration: IterationRecord) throws {
    if detail == .iterations { try record(iteration) }
  }
}
