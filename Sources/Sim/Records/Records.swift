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
  /// When it reached the server.
  public var arrival: SimTime
  /// When its first work began; for a rejected request its arrival, as are the two moments below.
  public var firstScheduled: SimTime
  /// When its first token came out.
  public var firstToken: SimTime
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
  /// The iterations at whose ends its tokens came out, as runs of neighbours; empty unless iterations are recorded.
  public var emissions: [ClosedRange<Int>]
}

/// What happened in an iteration.
public struct IterationRecord: Hashable, Sendable {
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
  /// Layers that had prefill, from the first to the last; empty without prefill.
  public var prefillLayers = 0..<0
  /// Tokens that came out.
  public var emittedTokens = 0
  /// Requests that waited while it ran.
  public var waiting = 0
  /// KV blocks in use while it ran.
  public var usedBlocks = 0
  /// Time, traffic, arithmetic and energy.
  public var cost = IterationCost()
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
  /// A request left the server.
  func record(_ request: RequestRecord) throws
  /// An iteration ended.
  func record(_ iteration: IterationRecord) throws
}
