import Base

/// How finely a survey looks at a model: the sizes of its points and its limits.
public struct SurveyEffort: Hashable, Sendable {
  /// Tokens of MoE layers whose tokens are a prompt's.
  public var promptTokens: [Int]
  /// Tokens of MoE layers whose tokens are decoded.
  public var decodeTokens: [Int]
  /// Tokens of MoE layers whose experts are balanced.
  public var balancedTokens: [Int]
  /// Rows of dense products.
  public var productRows: [Int]
  /// Rows of the LM head: requests.
  public var headRows: [Int]
  /// Sides of square products.
  public var squares: [Int]
  /// Requests of decode attention.
  public var decodeRequests: [Int]
  /// Their contexts.
  public var contexts: [Int]
  /// New tokens of prefill attention.
  public var prefillTokens: [Int]
  /// Tokens before them.
  public var pasts: [Int]
  /// Elements of keys that a cache has at most.
  public var mostKeys: Int
  /// Elements that ceilings of memory move.
  public var ceilingCount: Int
  /// Side of the square that is the ceiling of arithmetic.
  public var ceilingSide: Int
  /// The limits.
  public var limits: SurveyLimits
}

extension SurveyEffort {
  /// Two minutes in all.
  public static func quick(_ backend: KernelBackend) -> SurveyEffort {
    let tokens = (0...13).map { 1 << $0 }
    var effort = SurveyEffort(
      promptTokens: tokens, decodeTokens: tokens.filter { $0 <= 512 },
      balancedTokens: tokens.filter { $0.trailingZeroBitCount % 2 == 0 }, productRows: [1, 4, 16, 64, 256, 1024, 4096],
      headRows: [1, 16, 64], squares: [1024], decodeRequests: [1, 4, 16, 64], contexts: [128, 512, 2048, 8192],
      prefillTokens: [64, 256, 1024, 2048, 4096], pasts: [0, 1024, 4096], mostKeys: 32 << 20,
      ceilingCount: 32 << 20, ceilingSide: 2048, limits: limits(backend, isQuick: true))
    if backend == .cuda { effort.grow() } else { effort.shrink() }
    return effort
  }

  /// A quarter of an hour in all.
  public static func full(_ backend: KernelBackend) -> SurveyEffort {
    var effort = quick(backend)
    let tokens = (0...13).flatMap { $0 > 3 ? [3 << ($0 - 2), 1 << $0] : [1 << $0] }
    effort.promptTokens = tokens
    effort.decodeTokens = tokens.filter { $0 <= 1024 }
    effort.balancedTokens = tokens
    effort.productRows = (0...13).map { 1 << $0 }
    effort.headRows = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    effort.squares = [512, 1024, 2048] + (backend == .cuda ? [4096] : [])
    effort.decodeRequests = (0...8).map { 1 << $0 } + (backend == .cuda ? [512] : [])
    effort.contexts = (6...15).map { 1 << $0 }
    effort.prefillTokens = (4...13).map { 1 << $0 }
    effort.pasts = [0, 512, 2048, 8192, 24576]
    effort.mostKeys *= 4
    effort.limits = limits(backend, isQuick: false)
    return effort
  }

  /// What a GPU needs to be busy.
  private mutating func grow() {
    squares += [2048, 4096]
    decodeRequests += [256]
    contexts += [32768]
    mostKeys = 512 << 20
    ceilingCount = 512 << 20
    ceilingSide = 8192
  }

  /// What a few cores do often enough in two minutes for medians to mean something.
  private mutating func shrink() {
    promptTokens.removeAll { $0 > 2048 }
    balancedTokens.removeAll { $0 > 1024 }
    productRows.removeAll { $0 > 1024 }
    prefillTokens.removeAll { $0 > 1024 }
  }

  private static func limits(_ backend: KernelBackend, isQuick: Bool) -> SurveyLimits {
    SurveyLimits(
      budget: Seconds(isQuick ? 120 : 900.0), passes: isQuick ? 4...20 : 5...30, slice: Seconds(0.1),
      mostRepeats: backend == .cuda ? 20 : 9, pause: Seconds(backend == .cuda ? 0.0005 : 0.008),
      metering: backend == .cuda ? Seconds(isQuick ? 0.8 : 2.5) : nil)
  }
}
