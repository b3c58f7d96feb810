import Base

/// Into how many contiguous, near-equal layer groups a cohort's prefill is cut.
public struct LayerGrouping: Hashable, Sendable {
  /// How the number of groups follows from the cohort's tokens.
  public enum Rule: String, CaseIterable, Sendable {
    /// The authors' code: 1, 2, 4, 8 groups up to 512, 1024, 2048, 4096 tokens and all above, none more than half of
    /// `maxGroups` unless it is `maxGroups` (16: 1, 2, 4, 8, 16; 12: 1, 2, 4, 6, 12; 24: 1, 2, 4, 8, 24; 4: 1, 2, 4).
    case table
    /// The paper: ceil(tokens / 512), at most `maxGroups`.
    case ceil
    /// Always `maxGroups`.
    case fixed
    /// Always `maxGroups`, and in step with all ranks of the lane: cohorts begin in every `maxGroups`-th iteration of a time
    /// in which any rank prefills, so that in each iteration those of all ranks are in the same group.
    case aligned
  }

  /// The prefill tokens that one group's work shall weigh as much as, in a full pass over the model.
  private static let tokensPerGroup = 512

  /// How the number of groups follows from the cohort's tokens.
  public var rule: Rule
  /// Most groups.
  public var maxGroups: Int

  /// A rule with its largest number of groups.
  public init(rule: Rule, maxGroups: Int) {
    self.rule = rule
    self.maxGroups = maxGroups
  }

  /// How many groups a cohort of so many tokens is cut into.
  public func groupCount(cohortTokens: Int) -> Int {
    let chunks = (cohortTokens + Self.tokensPerGroup - 1) / Self.tokensPerGroup
    switch rule {
    case .fixed, .aligned: return maxGroups
    case .ceil: return min(max(1, chunks), maxGroups)
    case .table:
      guard chunks > 1 else { return 1 }
      guard chunks <= 8 else { return maxGroups }
      let power = 2 * (chunks - 1).powerOfTwoBelow
      return power >= maxGroups ? maxGroups : min(power, (maxGroups + 1) / 2)
    }
  }

  /// Whether a cohort may begin in this iteration of the time in which ranks prefill.
  func beginsCohorts(at prefillClock: Int, layerCount: Int) -> Bool {
    rule != .aligned || prefillClock % min(maxGroups, layerCount) == 0
  }

  /// The groups of a cohort, from the first layer to the last; the first ones are larger where the layers do not divide.
  public func groups(cohortTokens: Int, layerCount: Int) -> [Range<Int>] {
    let count = min(groupCount(cohortTokens: cohortTokens), layerCount)
    let (size, larger) = layerCount.quotientAndRemainder(dividingBy: count)
    return (0..<count).map { group in
      let start = group * size + min(group, larger)
      return start..<start + size + (group < larger ? 1 : 0)
    }
  }
}
