import Base

extension KernelCheck {
  /// Norms of rows.
  public mutating func rmsNorm(rows: Int, width: Int) throws -> Double {
    let input = try random(activationType, rows * width)
    let weights = try random(.float32, width)
    let output = try poisoned(activationType, rows * width)
    try kernels.rmsNorm(
      rows: rows, width: width, epsilon: 1e-6, input: input.all, weights: weights.all, output: output.all)
    let factors = try weights.doubles()
    let right = try (0..<rows).flatMap {
      Reference.rmsNorm(try input.row($0, width: width), weights: factors, epsilon: 1e-6)
    }
    return try tolerance.compare(output.download(), with: right, describe("rms norm \(rows) x \(width)"))
  }

  /// Rotary positions, far ones too.
  public mutating func rope(tokens: Int, heads: Int, headWidth: Int) throws -> Double {
    let values = try random(activationType, tokens * heads * headWidth)
    let before = try values.doubles()
    let positions = (0..<tokens).map { Int32($0 * 1237) }
    try kernels.rope(
      tokens: tokens, heads: heads, headWidth: headWidth, theta: 1e6, values: values.all,
      positions: try KernelBuffer(kernels, positions).all)
    let right = (0..<tokens * heads).flatMap { head in
      Reference.rope(
        Array(before[head * headWidth..<(head + 1) * headWidth]), position: Int(positions[head / heads]), theta: 1e6)
    }
    return try tolerance.compare(values.download(), with: right, describe("rope \(tokens) x \(heads) x \(headWidth)"))
  }

  /// Rows of an embedding table, the last one among them.
  public mutating func embedding(tokens: Int, hidden: Int, vocabulary: Int) throws -> Double {
    let table = try random(weightType, vocabulary * hidden)
    let output = try poisoned(activationType, tokens * hidden)
    let ids = (0..<tokens).map { Int32(vocabulary - 1 - $0 * 7 % vocabulary) }
    try kernels.embedding(
      tokens: tokens, hidden: hidden, vocabulary: vocabulary, ids: try KernelBuffer(kernels, ids).all,
      table: table.all, output: output.all)
    let right = try ids.flatMap { try table.row(Int($0), width: hidden) }
    return try tolerance.compare(output.download(), with: right, describe("embedding of \(tokens)"))
  }

  /// Routing: the same experts in the same order, and their weights.
  public mutating func route(tokens: Int, experts: Int, expertsPerToken: Int) throws -> Double {
    let logits = try random(.float32, tokens * experts, scale: 4)
    let ids = try poisoned(.int32, tokens * expertsPerToken)
    let weights = try poisoned(.float32, tokens * expertsPerToken)
    try kernels.route(
      tokens: tokens, experts: experts, expertsPerToken: expertsPerToken, logits: logits.all, expertIDs: ids.all,
      expertWeights: weights.all)
    let right = try (0..<tokens).flatMap {
      Reference.route(try logits.row($0, width: experts), expertsPerToken: expertsPerToken)
    }
    let found = try ids.downloadIntegers()
    guard found == right.map({ Int32($0.id) }) else {
      throw InputError(.software, describe("routing of \(tokens) tokens gives other experts than the reference"))
    }
    return try Tolerance(between: .float32).compare(
      weights.download(), with: right.map(\.weight), describe("routing of \(tokens)"))
  }

  /// The largest of rows.
  public mutating func argmax(rows: Int, width: Int) throws {
    let logits = try random(.float32, rows * width)
    let indices = try poisoned(.int32, rows)
    try kernels.argmax(rows: rows, width: width, logits: logits.all, indices: indices.all)
    let right = try (0..<rows).map { Int32(Reference.argmax(try logits.row($0, width: width))) }
    guard try indices.downloadIntegers() == right else {
      throw InputError(.software, describe("argmax of \(rows) x \(width) gives other indices than the reference"))
    }
  }

  /// Sums of residuals.
  public mutating func add(count: Int) throws -> Double {
    let source = try random(activationType, count)
    let target = try random(activationType, count)
    let right = zip(try source.doubles(), try target.doubles()).map { $0 + $1 }
    try kernels.add(count: count, source: source.all, target: target.all)
    return try tolerance.compare(target.download(), with: right, describe("add of \(count)"))
  }

  /// Rows moved backwards onto every second row; the rows between must stay poison.
  public mutating func copyRows(_ rows: Int, width: Int) throws {
    let source = try random(activationType, rows * width)
    let target = try poisoned(activationType, 2 * rows * width)
    let from = try KernelBuffer(kernels, (0..<rows).reversed().map { Int32($0) })
    let to = try KernelBuffer(kernels, (0..<rows).map { Int32(2 * $0) })
    try kernels.copyRows(
      rows, width: width, from: KernelRows(source.all, height: rows, indices: from.all),
      to: KernelRows(target.all, height: 2 * rows, indices: to.all))
    let found = try target.download()
    for row in 0..<rows {
      let right = try source.download((rows - 1 - row) * width..<(rows - row) * width)
      let written = Array(found[2 * row * width..<(2 * row + 1) * width])
      let between = found[(2 * row + 1) * width..<(2 * row + 2) * width]
      guard written == right, between.allSatisfy(\.isNaN) else {
        throw InputError(.software, describe("copying \(rows) rows of \(width) goes wrong at row \(row)"))
      }
    }
  }

  /// A copy, which must be exact, and a sum of what was copied.
  public mutating func copyAndSum(_ type: ElementType, count: Int) throws -> Double {
    let source = try random(type, count)
    let target = try poisoned(type, count)
    let total = try poisoned(.float32, 1)
    try kernels.copy(count: count, source: source.all, target: target.all)
    try kernels.sum(count: count, source: target.all, target: total.all)
    guard try source.download() == target.download() else {
      throw InputError(.software, describe("a copy of \(count) elements differs from its source"))
    }
    // Over the root of the count, so that the sum's own size is that of one element.
    let size = Double(max(1, count)).squareRoot()
    let right = try source.doubles().reduce(0, +) / size
    let found = try total.download().map { $0 / Float(size) }
    return try Tolerance(between: .float32).compare(found + [1], with: [right, 1], describe("sum of \(count)"))
  }
}
