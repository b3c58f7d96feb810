import Base
import Sim

/// Where a request is, as its record tells afterwards.
extension RequestRecord {
  /// The replica at which its last token came out.
  var lastReplica: ReplicaID { emissions.last?.replica ?? replica }

  /// The replica at which it waits, prefills or decodes after all that happens at a moment; nil while it moves.
  func home(at now: SimTime) -> ReplicaID? {
    guard let cacheArrival, now >= firstToken else { return replica }
    return now < cacheArrival ? nil : lastReplica
  }

  /// Whether it has arrived and not left.
  func isInFlight(at now: SimTime) -> Bool { arrival <= now && now < finish }
}
