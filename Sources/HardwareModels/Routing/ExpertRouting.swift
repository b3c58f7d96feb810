import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How tokens spread over the experts of a layer, for prompt tokens and for decoded ones. Consecutive tokens of a prompt
/// want similar experts and tokens of different requests less so, hence two popularities.
///
/// Assumes that both rank the experts alike, that layers are alike, and that given the popularities tokens choose
/// independently.
public struct ExpertRouting: Hashable, Sendable {
  /// Popularity among the tokens of prompts.
  public let prompt: ExpertPopularity
  /// Popularity among decoded tokens.
  public let decode: ExpertPopularity
  /// Whether each expert is wanted at least as much as the one before, in both regimes; copies of experts need not be.
  private let ascends: Bool

  /// A popularity for each regime, over the same experts.
  public init(prompt: ExpertPopularity, decode: ExpertPopularity) {
    precondition(prompt.inclusion.count == decode.inclusion.count, "both regimes are about the same experts")
    self.prompt = prompt
    self.decode = decode
    ascends = [prompt, decode].allSatisfy { zip($0.inclusion, $0.inclusion.dropFirst()).allSatisfy(<=) }
  }

  /// Every expert equally popular: the most experts that independent tokens can touch.
  public init(uniform experts: Transformer.Experts) {
    let uniform = ExpertPopularity(uniform: experts.count, topK: experts.topK)
    self.init(prompt: uniform, decode: uniform)
  }

  /// Experts in a layer.
  public var expertCount: Int { prompt.inclusion.count }

  /// Below this logarithm of the chance to be missed, 1 minus the chance is 1 to the last bit.
  private static let surelyTouched = -40.0

  /// What one layer call asks of its experts, in expectation.
  ///
  /// distinct = sum over e of 1 - (1 - q_pe)^n_p (1 - q_de)^n_d. Expert e gets m_e = n_p q_pe + n_d q_de tokens on
  /// average; beyond its first tile of height b it fills max(0, m_e / b - (1 + 1/b) / 2) more, which is the mean of
  /// ceil(n / b) - 1 over n spread evenly across a tile. Padding rows fill tiles and touch no expert of their own.
  /// Where experts ascend in both popularities, those with more than a tile, or sure to be touched, are the last ones.
  public func load(promptTokens: Int, decodeTokens: Int, paddingTokens: Int = 0) -> ExpertLoad {
    let prompts = Double(promptTokens)
    let decodes = Double(decodeTokens)
    let rows = Double(decodeTokens + paddingTokens)
    var load = ExpertLoad()
    var touched = SIMD8<Double>()
    for index in prompt.logMissVectors.indices {
      let logMiss = prompts * prompt.logMissVectors[index] + decodes * decode.logMissVectors[index]
      let isSure = ascends && logMiss[0] < Self.surelyTouched && logMiss[7] < Self.surelyTouched
      touched += isSure ? SIMD8(repeating: 1) : 1 - exponential(ofNonPositive: logMiss)
    }
    load.distinct = touched.sum()
    addExcessTiles(prompts: prompts, rows: rows, to: &load)
    return load
  }

  private func addExcessTiles(prompts: Double, rows: Double, to load: inout ExpertLoad) {
    let heights = ExpertLoad.tileHeights
    guard ascends else {
      for (prompt, decode) in zip(prompt.inclusion, decode.inclusion) {
        let tokens = SIMD8(repeating: prompts * prompt + rows * decode)
        let excess = (tokens - (heights + 1) / 2) / heights
        load.excessTiles += excess.replacing(with: 0, where: excess .< 0)
      }
      return
    }
    var first = 0
    for lane in 0..<8 {
      let height = heights[lane]
      first = firstExpert(above: (height + 1) / 2, from: first, prompts: prompts, rows: rows)
      let tokens = prompts * prompt.inclusionFrom[first] + rows * decode.inclusionFrom[first]
      load.excessTiles[lane] = (tokens - Double(expertCount - first) * (height + 1) / 2) / height
    }
  }

  /// The first expert, `start` or later, that gets more than so many tokens on average; the number of experts if none
  /// does.
  private func firstExpert(above tokens: Double, from start: Int, prompts: Double, rows: Double) -> Int {
    var low = start
    var high = expertCount
    while low < high {
      let middle = (low + high) / 2
      let mean = prompts * prompt.inclusion[middle] + rows * decode.inclusion[middle]
      if mean > tokens { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The experts that a layer call touches when each is drawn: expert e with the probability with which ``load`` counts
  /// it, independently of the others, so that the mean is the same.
  public func drawDistinct(promptTokens: Int, decodeTokens: Int, from stream: inout SeededRandom) -> Int {
    let prompts = Double(promptTokens)
    let decodes = Double(decodeTokens)
    return prompt.inclusion.indices.count { expert in
      stream.uniform() < -expm1(prompts * prompt.logMiss[expert] + decodes * decode.logMiss[expert])
    }
  }
}

/// What a layer call asks of its experts.
public struct ExpertLoad: Hashable, Sendable {
  /// Tile heights of grouped matrix products for which ``excessTiles`` are counted.
  public static let tileHeights = SIMD8<Double>(8, 16, 32, 64, 128, 256, 512, 1024)

  /// Experts that get at least one token.
  public var distinct = 0.0
  /// Tiles beyond the first of each such expert, for each of the ``tileHeights``.
  public var excessTiles = SIMD8<Double>()

  /// Nobody asks for anything.
  public init() {}

  /// What these tokens for each expert ask for, exactly.
  public init(counts: [Int]) {
    distinct = Double(counts.count { $0 > 0 })
    for lane in 0..<8 {
      let height = Int(Self.tileHeights[lane])
      let tiles = counts.reduce(0) { $0 + ($1 + height - 1) / height }
      excessTiles[lane] = Double(tiles) - distinct
    }
  }

  /// Tiles of this height, one of ``tileHeights``, over all experts.
  public func tiles(ofHeight rows: Int) -> Double {
    let lane = rows.trailingZeroBitCount - 3
    precondition((0..<8).contains(lane) && rows == 8 << lane, "a tile height is a power of two from 8 to 1024")
    return distinct + excessTiles[lane]
  }
}
