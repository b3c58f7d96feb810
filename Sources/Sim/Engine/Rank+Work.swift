import HardwareModels

extension Rank {
  /// Cuts the iteration into runs of like layers: between any two borders of tiles, all layers do the same.
  mutating func cutWork(_ tiles: [Tile]) {
    // There are a few at most, for which `removeAll` takes longer.
    while work.segments.popLast() != nil {}
    let decode = view.decodes.work
    work.emittedTokens = decode.requests + completions(of: tiles)
    let layers = 0..<view.limits.layerCount
    guard let first = tiles.first else {
      work.segments.append(LayerWork(layers: layers, decode: decode))
      return
    }
    if tiles.allSatisfy({ $0.layers == first.layers }) {
      append(layers.lowerBound..<first.layers.lowerBound, PrefillWork(), decode)
      append(first.layers, prefillWork(of: tiles, layer: first.layers.lowerBound), decode)
      append(first.layers.upperBound..<layers.upperBound, PrefillWork(), decode)
    } else {
      let borders = (tiles.flatMap { [$0.layers.lowerBound, $0.layers.upperBound] } + [0, layers.upperBound]).sorted()
      for (start, end) in zip(borders, borders.dropFirst()) where start < end {
        append(start..<end, prefillWork(of: tiles, layer: start), decode)
      }
    }
  }

  private mutating func append(_ layers: Range<Int>, _ prefill: PrefillWork, _ decode: DecodeWork) {
    guard !layers.isEmpty, prefill.tokens + decode.requests > 0 else { return }
    work.segments.append(LayerWork(layers: layers, prefill: prefill, decode: decode))
  }

  private func prefillWork(of tiles: [Tile], layer: Int) -> PrefillWork {
    var work = PrefillWork()
    for tile in tiles where tile.layers.contains(layer) { work.add(tile.tokens, window: window) }
    return work
  }

  /// Tiles that bring a prefill to its end, so that a token comes out.
  private func completions(of tiles: [Tile]) -> Int {
    var place = 0
    return tiles.count { tile in
      guard tile.layers.upperBound == view.limits.layerCount, let found = nextPlace(of: tile.request, from: place)
      else {
        return false
      }
      place = found
      return tile.tokens.upperBound == view.prefilling[found].tokens
    }
  }
}
