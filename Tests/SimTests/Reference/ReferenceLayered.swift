/// Layered: a cohort of at most C prompt tokens passes one layer group an iteration; decodes do not use C. Aligned, cohorts
/// of a lane begin when none is under way.
final class ReferenceLayered: ReferenceScheduler {
  /// How many groups a cohort of so many tokens takes.
  typealias Rule = (_ cohortTokens: Int) -> Int

  private let budget: Int
  private let rule: Rule
  private let isAligned: Bool
  private var cohort: [(request: ReferenceRequest, tokens: Range<Int>)] = []
  private var groups: [Range<Int>] = []

  init(budget: Int, isAligned: Bool, rule: @escaping Rule) {
    self.budget = budget
    self.rule = rule
    self.isAligned = isAligned
  }

  var isUnderWay: Bool { !groups.isEmpty }

  func plan(_ replica: ReferenceReplica) {
    replica.decodeOldestFirst(atMost: replica.settings.maxRequests)
    if groups.isEmpty, replica.isTurn || !isAligned { formCohort(replica) }
    guard !groups.isEmpty else { return }
    let group = groups.removeFirst()
    for (request, tokens) in cohort { replica.prefill(request, tokens: tokens, layers: group) }
  }

  private func formCohort(_ replica: ReferenceReplica) {
    cohort = []
    var used = 0
    func join(_ request: ReferenceRequest) {
      let begin = request.prefilled
      let end = min(request.prefillTokens, begin + budget - used)
      cohort.append((request, begin..<end))
      used += end - begin
    }
    for request in replica.prefilling where used < budget { join(request) }
    while used < budget, replica.runningCount < replica.settings.maxRequests, let request = replica.admitNext() {
      join(request)
    }
    if used > 0 { groups = Self.groups(min(rule(used), replica.settings.layerCount), of: replica.settings.layerCount) }
  }

  /// Contiguous and near equal, the first ones larger where the layers do not divide: layers are dealt out one by one.
  static func groups(_ count: Int, of layerCount: Int) -> [Range<Int>] {
    var sizes = [Int](repeating: 0, count: count)
    for layer in 0..<layerCount { sizes[layer % count] += 1 }
    var begin = 0
    return sizes.map { size in
      defer { begin += size }
      return begin..<begin + size
    }
  }

  /// The paper's rule: max(1, ceil(L/512)), at most Gmax.
  static func paperRule(maxGroups: Int) -> Rule {
    { tokens in min(maxGroups, max(1, tokens / 512 + (tokens % 512 == 0 ? 0 : 1))) }
  }

  /// The code's table on the cohort's tokens. The page gives it for Gmax 4, 12, 16 and 24; between them a step is at
  /// most half of Gmax, rounded up, and Gmax comes where a step reaches it.
  static func tableRule(maxGroups: Int) -> Rule {
    { tokens in
      for (limit, groups) in [(512, 1), (1024, 2), (2048, 4), (4096, 8)] where tokens <= limit {
        return groups == 1 ? 1 : groups >= maxGroups ? maxGroups : min(groups, (maxGroups + 1) / 2)
      }
      return maxGroups
    }
  }
}
