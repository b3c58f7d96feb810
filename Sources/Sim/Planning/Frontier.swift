/// A rectangle of prefill work: some tokens of one request through some layers.
public struct Tile: Hashable, Sendable {
  /// Whose prompt it is.
  public var request: RequestID
  /// Which of its tokens, from 0.
  public var tokens: Range<Int>
  /// Which layers they pass, from 0.
  public var layers: Range<Int>

  /// Tokens of a request through layers.
  public init(request: RequestID, tokens: Range<Int>, layers: Range<Int>) {
    self.request = request
    self.tokens = tokens
    self.layers = layers
  }
}

/// How far a prefill has come in each layer: a staircase, because a token reaches a layer through all layers before it.
public struct Frontier: Hashable, Sendable {
  /// Neighbouring layers that stand at the same token.
  private struct Step: Hashable {
    var end: Int
    var tokens: Int
  }

  /// Layers of the model.
  public let layerCount: Int
  /// Tokens that have passed every layer.
  public private(set) var completedTokens: Int
  /// The staircase from layer 0 on while layers differ; empty while all stand at `completedTokens`.
  private var steps: [Step] = []

  /// A frontier at which all layers have passed the first `completedTokens` tokens.
  public init(layerCount: Int, completedTokens: Int = 0) {
    self.layerCount = layerCount
    self.completedTokens = completedTokens
  }

  /// Whether every layer stands at the same token.
  public var isLevel: Bool { steps.isEmpty }

  /// Tokens that have passed a layer.
  public func tokens(through layer: Int) -> Int {
    steps.first { layer < $0.end }?.tokens ?? completedTokens
  }

  /// Whether each of the tile's layers stands exactly at its first token and the layer before has passed its last.
  public func admits(_ tile: Tile) -> Bool {
    guard !tile.tokens.isEmpty, !tile.layers.isEmpty, tile.layers.lowerBound >= 0, tile.layers.upperBound <= layerCount
    else { return false }
    guard !isLevel else { return tile.layers.lowerBound == 0 && tile.tokens.lowerBound == completedTokens }
    let layersStandAtFirst = tile.layers.allSatisfy { tokens(through: $0) == tile.tokens.lowerBound }
    let inputIsReady =
      tile.layers.lowerBound == 0 || tokens(through: tile.layers.lowerBound - 1) >= tile.tokens.upperBound
    return layersStandAtFirst && inputIsReady
  }

  /// Moves the frontier over a tile that it admits.
  public mutating func advance(by tile: Tile) {
    precondition(admits(tile), "a frontier advances only over a tile that it admits")
    if isLevel, tile.layers.upperBound == layerCount {
      completedTokens = tile.tokens.upperBound
      return
    }
    var levels = steps.isEmpty ? [Step(end: layerCount, tokens: completedTokens)] : steps
    levels = levels.flatMap { step -> [Step] in
      let cuts = [tile.layers.lowerBound, tile.layers.upperBound].filter { $0 < step.end }
      return cuts.map { Step(end: $0, tokens: step.tokens) } + [step]
    }
    steps = []
    var start = 0
    for level in levels where level.end > start {
      let passed = tile.layers.contains(start) ? tile.tokens.upperBound : level.tokens
      if steps.last?.tokens == passed { steps.removeLast() }
      steps.append(Step(end: level.end, tokens: passed))
      start = level.end
    }
    completedTokens = steps.last?.tokens ?? completedTokens
    if steps.count == 1 { steps = [] }
  }
}
