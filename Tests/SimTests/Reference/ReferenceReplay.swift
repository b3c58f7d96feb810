import Sim

/// Carries out plans that a policy made, so that the engine is compared under any policy, also one that has no plain
/// twin in these tests.
final class ReferenceReplay: ReferenceScheduler {
  private var plans: ArraySlice<BatchPlan>

  init(_ plans: [BatchPlan]) { self.plans = plans[...] }

  func plan(_ replica: ReferenceReplica) {
    guard let plan = plans.popFirst() else {
      preconditionFailure("the reference needs more iterations than the engine")
    }
    for id in plan.preemptions { replica.preempt(find(id, in: replica.decoding)) }
    for id in plan.admissions {
      let request = find(id, in: replica.waiting)
      replica.waiting.removeAll { $0 === request }
      replica.waiting.insert(request, at: 0)
      precondition(replica.admitNext() === request, "an admitted request finds its blocks")
    }
    replica.decodes = oldest(plan.decodes, of: replica.decoding)
    for request in replica.decodes where replica.needsBlock(request) {
      precondition(replica.freeBlocks > 0, "a decoding request finds its block")
      request.ownBlocks += 1
    }
    for tile in plan.tiles {
      replica.prefill(find(tile.request, in: replica.prefilling), tokens: tile.tokens, layers: tile.layers)
    }
  }

  private func oldest(_ selection: DecodeSelection, of decoding: [ReferenceRequest]) -> [ReferenceRequest] {
    switch selection {
    case .all: decoding
    case .oldest(let count): Array(decoding.prefix(count))
    }
  }

  private func find(_ id: RequestID, in requests: [ReferenceRequest]) -> ReferenceRequest {
    guard let found = requests.first(where: { $0.number == id.number }) else {
      preconditionFailure("a plan names a request where it is")
    }
    return found
  }
}
