import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Prefixes that the prompts of a recipe begin with, as in the data set `prefix_repetition` of vLLM's benchmark client: each
/// prompt is one of them, then tokens of its own.
public struct RepeatedPrefixes: Hashable, Sendable {
  /// How many there are.
  public let count: Int
  /// Tokens of each. Only whole blocks of ``TraceRequest/tokensPerPrefixID`` can be found again.
  public let tokens: Int
  /// s: the r-th prefix is chosen in proportion to r^-s (Zipf); all alike at 0.
  public let skew: Double

  /// Reads a recipe's key `prefixes`; a prompt and an answer of a token each must fit behind a prefix.
  init(reading node: ConfigNode, maxTotalTokens: Int) throws {
    var fields = try ConfigFields(node)
    count = try fields.integer("count", in: 1...1_048_576)
    let tokens = try fields.required("tokens")
    guard maxTotalTokens - 2 >= TraceRequest.tokensPerPrefixID else {
      throw tokens.error("no prefix of \(TraceRequest.tokensPerPrefixID) tokens fits into \(maxTotalTokens) tokens")
    }
    self.tokens = try tokens.integer(in: TraceRequest.tokensPerPrefixID...maxTotalTokens - 2)
    skew = try fields.number("skew", in: 0...10)
    try fields.finish()
  }
}

/// Chooses a prefix for each request. What follows the prefixes' whole blocks has ids of its own.
struct PrefixChoice: Sendable {
  private let blocks: Int
  /// Chances of the prefixes up to each, not divided by their sum.
  private let chances: [Double]
  private var random: SeededRandom
  private var nextID: Int

  init(_ prefixes: RepeatedPrefixes, seed: UInt64) {
    blocks = prefixes.tokens / TraceRequest.tokensPerPrefixID
    var sum = 0.0
    chances = (1...prefixes.count).map { rank in
      sum += pow(Double(rank), -prefixes.skew)
      return sum
    }
    random = SeededRandom(seed: seed, stream: "prefixes")
    nextID = prefixes.count * blocks
  }

  /// The ids of the next request's blocks.
  mutating func ids(promptTokens: Int) -> [Int] {
    let prefix = draw()
    let own = (promptTokens - 1) / TraceRequest.tokensPerPrefixID + 1 - blocks
    defer { nextID += own }
    return Array(prefix * blocks..<(prefix + 1) * blocks) + Array(nextID..<nextID + own)
  }

  /// The first prefix up to which the chances reach a drawn number.
  private mutating func draw() -> Int {
    let drawn = random.uniform() * chances[chances.count - 1]
    var (low, high) = (0, chances.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if chances[middle] < drawn { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
