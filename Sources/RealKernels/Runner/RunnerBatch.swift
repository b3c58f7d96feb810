/// What one iteration computes, in terms of slots and words: decoded tokens, and tiles of prompts.
public struct RunnerBatch: Sendable {
  /// A request's newest token on its way through all layers.
  public struct Decode: Hashable, Sendable {
    /// Where the request's keys and values are.
    public var slot: Int
    /// The token's place in the request, from 0.
    public var position: Int
    /// Which word it is.
    public var word: Int32

    /// A token of a request.
    public init(slot: Int, position: Int, word: Int32) {
      self.slot = slot
      self.position = position
      self.word = word
    }
  }

  /// Tokens of a prompt on their way through some layers.
  public struct Tile: Hashable, Sendable {
    /// Where the request's keys and values are.
    public var slot: Int
    /// The tokens' places in the request.
    public var tokens: Range<Int>
    /// The layers they pass.
    public var layers: Range<Int>
    /// Which words they are.
    public var words: ArraySlice<Int32>
    /// Whether a token comes out behind the last of them.
    public var emits: Bool

    /// Tokens of a request through layers.
    public init(slot: Int, tokens: Range<Int>, layers: Range<Int>, words: ArraySlice<Int32>, emits: Bool) {
      precondition(words.count == tokens.count, "every token is a word")
      self.slot = slot
      self.tokens = tokens
      self.layers = layers
      self.words = words
      self.emits = emits
    }
  }

  /// The tokens that are decoded.
  public var decodes: [Decode]
  /// The prompts' tiles.
  public var tiles: [Tile]

  /// A batch of these.
  public init(decodes: [Decode] = [], tiles: [Tile] = []) {
    self.decodes = decodes
    self.tiles = tiles
  }
}

/// A batch laid out for the kernels: runs of layers in which the same rows take part, and where the indices of these
/// rows stand on one tape of integers that is uploaded at once. Decoded tokens come first among the rows, then the tiles
/// in order.
struct RunnerLayout {
  /// Layers in which the same tiles take part.
  struct Segment {
    var layers: Range<Int>
    /// Places of the tiles in the batch.
    var tiles: [Int]
    var rows = 0
    /// Where on the tape the rows' states, slots and positions begin.
    var states = 0
    var slots = 0
    var positions = 0
  }

  private(set) var tape: [Int32] = []
  private(set) var segments: [Segment] = []
  /// Tokens that enter the first layer: how many, and where their words and states begin.
  private(set) var entering = (count: 0, words: 0, states: 0)
  /// Tokens behind which one comes out: how many, and where their states begin.
  private(set) var emitting = (count: 0, states: 0)
  /// Where the decoded tokens' contexts begin, and the longest of them.
  private(set) var contexts = (first: 0, longest: 0)
  /// Rows of the widest run of layers.
  var mostRows: Int { segments.map(\.rows).max() ?? 0 }

  init(_ batch: RunnerBatch, layerCount: Int, slotTokens: Int) {
    func state(_ slot: Int, _ position: Int) -> Int32 { Int32(slot * slotTokens + position) }
    let decodeStates = batch.decodes.map { state($0.slot, $0.position) }
    let tileStates = batch.tiles.map { tile in tile.tokens.map { state(tile.slot, $0) } }
    layOutSegments(batch, layerCount, decodeStates, tileStates)
    let first = batch.tiles.indices.filter { batch.tiles[$0].layers.lowerBound == 0 }
    entering.words = append(batch.decodes.map(\.word) + first.flatMap { batch.tiles[$0].words })
    entering.states = append(decodeStates + first.flatMap { tileStates[$0] })
    entering.count = batch.decodes.count + first.reduce(0) { $0 + tileStates[$1].count }
    let last = decodeStates + batch.tiles.filter(\.emits).map { state($0.slot, $0.tokens.upperBound - 1) }
    emitting = (last.count, append(last))
    contexts.first = append(batch.decodes.map { Int32($0.position + 1) })
    contexts.longest = batch.decodes.map { $0.position + 1 }.max() ?? 0
  }

  private mutating func layOutSegments(
    _ batch: RunnerBatch, _ layerCount: Int, _ decodeStates: [Int32], _ tileStates: [[Int32]]
  ) {
    let borders = ([0, layerCount] + batch.tiles.flatMap { [$0.layers.lowerBound, $0.layers.upperBound] }).sorted()
    for (start, end) in zip(borders, borders.dropFirst()) where start < end {
      let tiles = batch.tiles.indices.filter { batch.tiles[$0].layers.contains(start) }
      guard !tiles.isEmpty || !batch.decodes.isEmpty else { continue }
      var segment = Segment(layers: start..<end, tiles: tiles)
      segment.rows = decodeStates.count + tiles.reduce(0) { $0 + tileStates[$1].count }
      segment.states = append(decodeStates + tiles.flatMap { tileStates[$0] })
      segment.slots = append(
        batch.decodes.map { Int32($0.slot) }
          + tiles.flatMap { [Int32](repeating: Int32(batch.tiles[$0].slot), count: tileStates[$0].count) })
      segment.positions = append(
        batch.decodes.map { Int32($0.position) } + tiles.flatMap { batch.tiles[$0].tokens.map { Int32($0) } })
      segments.append(segment)
    }
  }

  private mutating func append(_ values: [Int32]) -> Int {
    defer { tape += values }
    return tape.count
  }
}
