import Base
import Sim
import Traces

/// Keeps of a simulation what a benchmark client would have seen of it: every request with the time of every token, so
/// memory grows with the tokens.
///
/// A class, because a simulation tells it what happens.
public final class ClientRecorder: Recorder {
  /// The times of tokens are those of iterations.
  public let detail = RecordDetail.iterations
  private let next: (any Recorder)?
  /// By replica, when its iterations ended.
  private var ends: [[SimTime]] = []
  private var requests: [RequestRecord] = []

  /// A recorder.
  /// - Parameter next: another one that hears the same, as far as it wants to.
  public init(passingOnTo next: (any Recorder)? = nil) { self.next = next }

  /// A request left the server.
  public func record(_ request: RequestRecord) throws {
    requests.append(request)
    try next?.hear(request)
  }

  /// An iteration ended.
  public func record(_ iteration: IterationRecord) throws {
    let replica = iteration.replica.number
    while ends.count <= replica { ends.append([]) }
    precondition(iteration.index == ends[replica].count, "a replica's iterations come in their order")
    ends[replica].append(iteration.end)
    try next?.hear(iteration)
  }

  /// What the client saw; the moments count from the simulation's beginning.
  public var run: ClientRun {
    let inOrder = requests.sorted { $0.id < $1.id }
    let completed = inOrder.filter { $0.outcome == .completed }
    let failed = inOrder.filter { $0.outcome != .completed }
    let first = completed.map(\.arrival).min() ?? .zero
    let last = completed.map(\.finish).max() ?? .zero
    return ClientRun(
      answered: completed.map(answered),
      failed: failed.map {
        FailedRequest(sent: $0.arrival, promptTokens: $0.promptTokens, reason: $0.outcome.rawValue)
      },
      duration: seconds(last - first), sending: .recorded)
  }

  private func answered(_ request: RequestRecord) -> ClientRequest {
    let times = request.emissions.flatMap { ends[$0.replica.number][$0.iterations] }
    precondition(times.count == request.outputTokens, "every token comes out once")
    return ClientRequest(
      sent: request.arrival, promptTokens: request.promptTokens, outputTokens: request.outputTokens,
      timeToFirstToken: seconds(request.firstToken - request.arrival),
      gaps: zip(times, times.dropFirst()).map { seconds($1 - $0) },
      endToEnd: seconds(request.finish - request.arrival))
  }
}

/// The number of seconds that is nearest to a length, so that it is written in few digits.
func seconds(_ length: SimDuration) -> Seconds { Seconds(Double(length.nanoseconds) / 1e9) }
