import Base
import Sim

/// Replicas of the reference with a router that is told loads that were counted request by request.
final class ReferencePool {
  let replicas: ArraySlice<ReferenceReplica>
  private var router: any RoutingPolicy

  init(_ replicas: ArraySlice<ReferenceReplica>, _ router: any RoutingPolicy.Type, _ random: SeededRandom) {
    self.replicas = replicas
    self.router = router.init(random: random)
  }

  func replica(for request: ReferenceRequest) -> ReferenceReplica {
    let routed = RoutedRequest(promptTokens: request.promptTokens, session: request.session)
    return replicas[replicas.startIndex + router.replica(for: routed, among: replicas.map(\.load))]
  }
}

extension ReferenceReplica {
  /// Sets aside the blocks of a request that comes here; false if too few are free.
  func setAside(for request: ReferenceRequest) -> Bool {
    guard blocks(holding: request.promptTokens) <= freeBlocks else { return false }
    request.blocksToCome = blocks(holding: request.promptTokens)
    awaited.removeFirst()
    arriving.append(request)
    forget()
    return true
  }

  /// Lets a request decode in the blocks that were set aside, and others have its prefix.
  func take(_ request: ReferenceRequest) {
    arriving.removeAll { $0 === request }
    request.ownBlocks = request.blocksToCome
    decoding.append(request)
    share(request)
  }
}
