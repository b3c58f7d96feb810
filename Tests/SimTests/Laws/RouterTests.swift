import Base
import Sim
import TestSupport
import Testing

/// What holds for every listed router.
@Suite struct RouterTests {
  /// What a router of a name, from a seed, chooses for requests among replicas that each keep what they get.
  private func chosen(
    _ name: String, replicas: Int, requests: Int = 4000, sessions: Int? = nil, seed: UInt64 = 3
  ) throws -> [Int] {
    let kind = try router(reading: config("\"\(name)\""))
    var router = kind.init(random: SeededRandom(seed: seed, stream: "router"))
    var random = SeededRandom(seed: seed, stream: "requests")
    var loads = [ReplicaLoad](repeating: ReplicaLoad(), count: replicas)
    return (0..<requests).map { number in
      let tokens = random.integer(1...2000)
      let session = sessions.map { UInt64(number % $0) }
      let place = router.replica(for: RoutedRequest(promptTokens: tokens, session: session), among: loads)
      #expect(loads.indices.contains(place))
      loads[place].requestsInFlight += 1
      loads[place].outstandingTokens += tokens
      return place
    }
  }

  @Test(arguments: routers.map { $0.name }, [1, 2, 3, 64])
  func everyReplicaGetsItsShare(router: String, replicas: Int) throws {
    for sessions in [nil, 1000] {
      let chosen = try chosen(router, replicas: replicas, sessions: sessions)
      let counts = (0..<replicas).map { replica in chosen.count { $0 == replica } }
      let share = Double(chosen.count) / Double(replicas)
      #expect(counts.allSatisfy { (0.4 * share...1.8 * share).contains(Double($0)) }, "\(counts)")
    }
  }

  @Test(arguments: routers.map { $0.name })
  func theSameRequestsGoTheSameWays(router: String) throws {
    #expect(try chosen(router, replicas: 7) == chosen(router, replicas: 7))
  }

  @Test func roundRobinTakesTurns() throws {
    #expect(try chosen("round-robin", replicas: 3, requests: 7) == [0, 1, 2, 0, 1, 2, 0])
  }

  @Test func theFewestTokensWinAndAmongEqualsTheFirst() {
    var router = LeastOutstandingTokens(random: SeededRandom(seed: 0, stream: "router"))
    let request = RoutedRequest(promptTokens: 1)
    let loads = [(9, 40), (1, 30), (5, 30)].map { ReplicaLoad(requestsInFlight: $0, outstandingTokens: $1) }
    #expect(router.replica(for: request, among: loads) == 1)
  }

  /// Two choices leave the fullest of 64 replicas far less above the mean than one does.
  @Test func twoChoicesAreNearlyAsEvenAsAll() throws {
    let chosen = try chosen("power-of-two-choices", replicas: 64, requests: 6400)
    let most = (0..<64).map { replica in chosen.count { $0 == replica } }.max() ?? 0
    #expect(most < 120, "the mean is 100")
  }

  @Test func aSessionStaysWhereItIs() throws {
    let chosen = try chosen("session-affinity", replicas: 5, sessions: 40)
    for session in 0..<40 {
      #expect(Set(stride(from: session, to: 4000, by: 40).map { chosen[$0] }).count == 1)
    }
    #expect(Array(chosen.prefix(12)) == [0, 4, 2, 0, 4, 1, 0, 1, 4, 4, 4, 2], "the same in every process")
  }

  @Test func anUnknownRouterIsAnErrorThatNamesTheNearest() {
    let error = #expect(throws: InputError.self) { try router(reading: config("\"roundrobin\"")) }
    #expect(
      error?.description == #"test.json: line 1, column 1: no router "roundrobin" — did you mean "round-robin"?"#)
  }
}
