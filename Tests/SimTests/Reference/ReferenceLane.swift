import Base
import Sim

/// Schedulers that step together, on the stages of a replica.
final class ReferenceLane {
  let number: Int
  let replica: Int
  let schedulers: [ReferenceReplica]
  /// Whether something happened to one of its schedulers since it was last asked to go on.
  var isTouched = false

  init(_ number: Int, replica: Int, _ schedulers: [ReferenceReplica]) {
    self.number = number
    self.replica = replica
    self.schedulers = schedulers
  }

  /// The schedulers and lanes of a server. The ranks of the same place in all lanes of a replica are on the same GPUs, and
  /// so on the same link.
  static func build(
    _ server: Simulation.Server, _ schedulers: [any ReferenceScheduler]
  ) -> ([ReferenceReplica], [ReferenceLane]) {
    var replicas: [ReferenceReplica] = []
    var lanes: [ReferenceLane] = []
    var copies = 0
    for pool in server.pools {
      let settings = ReferenceSettings(pool.limits, window: server.attentionWindow)
      for _ in 0..<pool.replicaCount {
        let links = (0..<pool.ranks).map { _ in ReferenceLink() }
        for _ in 0..<pool.lanes {
          let ranks = links.enumerated().map { rank, link in
            ReferenceReplica(
              replicas.count + rank, lane: lanes.count, link: link, settings, schedulers[replicas.count + rank])
          }
          replicas += ranks
          lanes.append(ReferenceLane(lanes.count, replica: copies, ranks))
        }
        copies += 1
      }
    }
    return (replicas, lanes)
  }
}

/// What keys and values leave GPUs on, one cache after the other.
final class ReferenceLink {
  /// When all that it was to send has been sent.
  var isFree = SimTime.zero
}

extension ReferenceReplica {
  /// What it does in the planned iteration.
  var share: ReferenceIteration.Share {
    ReferenceIteration.Share(
      decodes: decodes.count, pieces: pieces, waiting: waiting.count,
      usedBlocks: settings.blockCount - freeBlocks, work: work)
  }
}
