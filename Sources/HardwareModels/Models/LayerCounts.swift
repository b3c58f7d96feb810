/// How many layers of each kind there are in a run: with experts or without, with attention to all tokens or to a window.
struct LayerCounts {
  /// Sparse and full, sparse and windowed, dense and full, dense and windowed.
  private var lanes = SIMD4<Int>()

  /// No layers.
  init() {}

  /// The layers of a model in a run.
  init(_ transformer: Transformer, in layers: Range<Int>) {
    for layer in layers { add(transformer, layer) }
  }

  private mutating func add(_ transformer: Transformer, _ layer: Int) {
    lanes[(transformer.sparseLayers[layer] ? 0 : 2) + (transformer.windowedLayers[layer] ? 1 : 0)] += 1
  }

  /// For each layer of a model and for its end, the counts of those before.
  static func before(eachOf transformer: Transformer) -> ContiguousArray<LayerCounts> {
    var counts = LayerCounts()
    var before = ContiguousArray([counts])
    for layer in 0..<transformer.layerCount {
      counts.add(transformer, layer)
      before.append(counts)
    }
    return before
  }

  @inline(__always)
  static func - (left: Self, right: Self) -> Self {
    var difference = left
    difference.lanes &-= right.lanes
    return difference
  }

  var all: Int { lanes.wrappedSum() }
  var sparse: Int { lanes[0] + lanes[1] }
  var dense: Int { lanes[2] + lanes[3] }
  var full: Int { lanes[0] + lanes[2] }
  var windowed: Int { lanes[1] + lanes[3] }
  /// Layers that attend to all tokens, with experts or without.
  func full(isSparse: Bool) -> Int { isSparse ? lanes[0] : lanes[2] }
  /// Layers that attend to a window, with experts or without.
  func windowed(isSparse: Bool) -> Int { isSparse ? lanes[1] : lanes[3] }
}
