import CKernels

extension Kernels {
  /// output[rows, columns] = input[rows, inner] x the transpose of weights[columns, inner]. The output is of the
  /// activations' type, or Float32.
  public func gemm(
    rows: Int, columns: Int, inner: Int, input: KernelView, weights: KernelView, output: KernelView
  ) throws {
    var operation = lpk_gemm(
      rows: Int64(rows), columns: Int64(columns), inner: Int64(inner), input: input.raw, weights: weights.raw,
      output: output.raw)
    try check(api.gemm(device, &operation))
  }

  /// output = input / √(mean of its squares + epsilon) x weights (Float32), row by row.
  public func rmsNorm(
    rows: Int, width: Int, epsilon: Float, input: KernelView, weights: KernelView, output: KernelView
  ) throws {
    var operation = lpk_rms_norm(
      rows: Int64(rows), width: Int64(width), epsilon: epsilon, input: input.raw, weights: weights.raw,
      output: output.raw)
    try check(api.rms_norm(device, &operation))
  }

  /// Rotary positions in place on [tokens, heads, headWidth]: element i of a head's first half turns with element i of
  /// its second half by the angle position x theta^(-2i / headWidth).
  public func rope(
    tokens: Int, heads: Int, headWidth: Int, theta: Float, values: KernelView, positions: KernelView
  ) throws {
    var operation = lpk_rope(
      tokens: Int64(tokens), heads: Int32(heads), head_width: Int32(headWidth), theta: theta, values: values.raw,
      positions: positions.raw)
    try check(api.rope(device, &operation))
  }

  /// Rows of a table [vocabulary, hidden] by token id.
  public func embedding(
    tokens: Int, hidden: Int, vocabulary: Int, ids: KernelView, table: KernelView, output: KernelView
  ) throws {
    var operation = lpk_embedding(
      tokens: Int64(tokens), hidden: Int64(hidden), vocabulary: Int64(vocabulary), ids: ids.raw, table: table.raw,
      output: output.raw)
    try check(api.embedding(device, &operation))
  }

  /// The experts with the largest logits (Float32), largest first and the lower index before its equal, and the softmax
  /// over those alone.
  public func route(
    tokens: Int, experts: Int, expertsPerToken: Int, logits: KernelView, expertIDs: KernelView,
    expertWeights: KernelView
  ) throws {
    var operation = lpk_route(
      tokens: Int64(tokens), experts: Int32(experts), experts_per_token: Int32(expertsPerToken), logits: logits.raw,
      expert_ids: expertIDs.raw, expert_weights: expertWeights.raw)
    try check(api.route(device, &operation))
  }

  /// target += source.
  public func add(count: Int, source: KernelView, target: KernelView) throws {
    var operation = lpk_add(count: Int64(count), source: source.raw, target: target.raw)
    try check(api.add(device, &operation))
  }

  /// The index of the largest of each row of logits (Float32), the lower one of equals.
  public func argmax(rows: Int, width: Int, logits: KernelView, indices: KernelView) throws {
    var operation = lpk_argmax(rows: Int64(rows), width: Int64(width), logits: logits.raw, indices: indices.raw)
    try check(api.argmax(device, &operation))
  }

  /// target = source. It reads and writes `count` elements and does nothing else: the ceiling of copying.
  public func copy(count: Int, source: KernelView, target: KernelView) throws {
    var operation = lpk_copy(count: Int64(count), source: source.raw, target: target.raw)
    try check(api.copy(device, &operation))
  }

  /// target[0] (Float32) = the sum of `count` elements. It reads them and does next to nothing else: the ceiling of
  /// reading.
  public func sum(count: Int, source: KernelView, target: KernelView) throws {
    var operation = lpk_sum(count: Int64(count), source: source.raw, target: target.raw)
    try check(api.sum(device, &operation))
  }
}

/// A matrix whose rows can be named.
public struct KernelRows {
  /// [height, width].
  public var values: KernelView
  /// Rows that may be named.
  public var height: Int
  /// Int32: which row comes first, second, and so on.
  public var indices: KernelView

  /// Rows of a matrix in the order of their indices.
  public init(_ values: KernelView, height: Int, indices: KernelView) {
    self.values = values
    self.height = height
    self.indices = indices
  }
}

extension Kernels {
  /// Copies the i-th named row of the source onto the i-th named row of the target, for i below `rows`. No row of the
  /// target may be named twice.
  public func copyRows(_ rows: Int, width: Int, from source: KernelRows, to target: KernelRows) throws {
    var operation = lpk_copy_rows(
      rows: Int64(rows), width: Int64(width), source_height: Int64(source.height), target_height: Int64(target.height),
      source: source.values.raw, source_rows: source.indices.raw, target: target.values.raw,
      target_rows: target.indices.raw)
    try check(api.copy_rows(device, &operation))
  }
}
