import Base

/// The schedulers of a pool as its router sees them: ranks of lanes of replicas.
struct RoutedPool {
  /// The number of the first of its ranks; the others follow.
  let first: Int
  private var router: any RoutingPolicy
  private var loads: [ReplicaLoad]

  /// A pool in which nobody is.
  init(from first: Int, count: Int, router: any RoutingPolicy) {
    self.first = first
    self.router = router
    loads = [ReplicaLoad](repeating: ReplicaLoad(), count: count)
  }

  /// The number of the rank that a request goes to.
  mutating func rank(for request: ActiveRequest) -> Int {
    guard loads.count > 1 else { return first }
    let routed = RoutedRequest(promptTokens: request.promptTokens, session: request.session)
    let place = router.replica(for: routed, among: loads)
    precondition(loads.indices.contains(place), "a router names a place in its pool")
    return first + place
  }

  /// Remembers what is in flight on a rank.
  mutating func note(_ load: ReplicaLoad, of rank: Int) { loads[rank - first] = load }
}
