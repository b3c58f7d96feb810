import Base

/// Layered prefill (arXiv:2510.08055): a cohort of prompts passes one group of layers an iteration, so each expert is
/// loaded once a cohort; decodes run through all layers in every iteration. With a small cohort it is the hybrid of
/// layered and chunked prefill.
///
/// Where ranks step together, each layer takes as long as its slowest rank, so cohorts in different groups make all ranks
/// wait in every group. Under the rule ``LayerGrouping/Rule/aligned`` ranks agree on the group without a word: all count
/// the iterations since one of them began to prefill while none did. One that gets a prompt in between lets it wait until
/// the others' cohorts have passed the last group, and decodes meanwhile or takes part without tokens. Lanes that follow
/// each other through pipeline stages do not wait for each other.
public struct LayeredPrefill: SchedulingPolicy {
  /// `layered`.
  public static let name = "layered"
  /// What it does.
  public static let summary = "cuts prompts along layers: a cohort of prompts passes one layer group an iteration"

  /// Most prompt tokens of a cohort; longer prompts are cut and lead the next one.
  public let cohortTokens: Int
  /// How many layer groups a cohort takes.
  public let grouping: LayerGrouping

  private struct Member {
    var request: RequestID
    var tokens: Range<Int>
  }
  /// The cohort in flight and the groups that it has not passed.
  private var cohort: [Member] = []
  private var groupsLeft: ArraySlice<Range<Int>> = []

  /// The policy with a cohort of at least one token.
  public init(cohortTokens: Int, grouping: LayerGrouping) {
    self.cohortTokens = cohortTokens
    self.grouping = grouping
  }

  /// Reads `cohortTokens`, `maxGroups` and `groupRule`.
  public init(reading settings: ConfigNode, layerCount: Int) throws {
    var fields = try ConfigFields(settings)
    cohortTokens = try fields.integer("cohortTokens", in: .tokenCounts)
    grouping = LayerGrouping(
      rule: try fields.required("groupRule").word("group rule"),
      maxGroups: try fields.integer("maxGroups", in: 1...layerCount, "the model's layers"))
    try fields.finish()
  }

  /// A cohort and all decodes.
  public func mostBatchedTokens(maxRequests: Int, maxModelLen: Int) -> Int { cohortTokens + maxRequests }

  /// All decodes, and the next layer group of the cohort in flight; a new cohort is formed when there is none.
  public mutating func nextBatch(_ view: ReplicaView) -> BatchPlan {
    var draft = BatchDraft(view)
    draft.takeDecodes(of: view, atMost: view.limits.maxRequests)
    if groupsLeft.isEmpty, grouping.beginsCohorts(at: view.prefillClock, layerCount: view.limits.layerCount) {
      formCohort(of: view, &draft)
    }
    if let group = groupsLeft.popFirst() {
      for member in cohort { draft.prefill(member.request, tokens: member.tokens, layers: group) }
    }
    return draft.finish()
  }

  private mutating func formCohort(of view: ReplicaView, _ draft: inout BatchDraft) {
    let limits = view.limits
    if !cohort.isEmpty { cohort.removeAll(keepingCapacity: true) }
    var left = cohortTokens
    for request in view.prefilling where left > 0 {
      cohort.append(Member(request: request.id, tokens: request.tokensLeft.prefix(left)))
      left -= cohort[cohort.count - 1].tokens.count
    }
    while left > 0, draft.runningRequests < limits.maxRequests, let next = draft.nextAdmissible(of: view) {
      draft.admit(next, of: view)
      cohort.append(Member(request: next.id, tokens: view.tokensLeft(of: next).prefix(left)))
      left -= cohort[cohort.count - 1].tokens.count
    }
    guard !cohort.isEmpty else { return }
    groupsLeft = grouping.groups(cohortTokens: cohortTokens - left, layerCount: limits.layerCount)[...]
  }
}
