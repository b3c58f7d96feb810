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
  /// The staircase from layer 0 on, down to the layers that stand at `completedTokens`; empty while all do.
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
    let inputIsReady =
      tile.layers.lowerBound == 0 || tokens(through: tile.layers.lowerBound - 1) >= tile.tokens.upperBound
    return inputIsReady && stand(tile.layers, at: tile.tokens.lowerBound)
  }

  /// Whether each of these layers has passed just so many tokens.
  private func stand(_ layers: Range<Int>, at tokens: Int) -> Bool {
    for step in steps where step.end > layers.lowerBound {
      guard step.tokens == tokens else { return false }
      if step.end >= layers.upperBound { return true }
    }
    return completedTokens == tokens
  }

  /// Moves the frontier over a tile that it admits.
  public mutating func advance(by tile: Tile) {
    precondition(admits(tile), "a frontier advances only over a tile that it admits")
    let passed = Step(end: tile.layers.upperBound, tokens: tile.tokens.upperBound)
    if tile.layers.lowerBound < steps.last?.end ?? 0 {
      split(at: tile.layers, passed)
    } else if steps.last?.tokens == passed.tokens {
      steps[steps.count - 1].end = passed.end
    } else {
      steps.append(passed)
    }
    guard steps.last?.end == layerCount else { return }
    completedTokens = steps.removeLast().tokens
  }

  /// Raises layers within the staircase; all of them lie in one step.
  private mutating func split(at layers: Range<Int>, _ passed: Step) {
    guard let place = steps.firstIndex(where: { layers.lowerBound < $0.end }) else { return }
    let start = place == 0 ? 0 : steps[place - 1].end
    let before = layers.lowerBound > start ? [Step(end: layers.lowerBound, tokens: steps[place].tokens)] : []
    let after = layers.upperBound < steps[place].end ? [steps[place]] : []
    steps.replaceSubrange(place...place, with: before + [passed] + after)
    let joinsTheOneBefore = before.isEmpty && place > 0 && steps[place - 1].tokens == passed.tokens
    if joinsTheOneBefore { steps.remove(at: place - 1) }
  }
}
