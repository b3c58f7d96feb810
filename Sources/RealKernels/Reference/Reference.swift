#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What each kernel should give, in plain Float64, slow and obvious, one token at a time, so that a few tokens of a large
/// run can be checked as well as all of a small one.
public enum Reference {}

extension Reference {
  /// A row times the transpose of weights [columns, row.count].
  public static func product(_ row: [Double], weights: [Double], columns: Int) -> [Double] {
    precondition(weights.count == columns * row.count, "the weights do not fit the row")
    var output = [Double](repeating: 0, count: columns)
    for column in 0..<columns {
      for k in 0..<row.count { output[column] += row[k] * weights[column * row.count + k] }
    }
    return output
  }

  /// SiLU: x / (1 + e^-x).
  public static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }

  /// One expert on one token: down(SiLU(gate) x up). `gateUp` is [2 x intermediate, hidden], gate rows first; `down` is
  /// [hidden, intermediate].
  public static func expert(_ token: [Double], gateUp: [Double], down: [Double], intermediate: Int) -> [Double] {
    let both = product(token, weights: gateUp, columns: 2 * intermediate)
    let inner = (0..<intermediate).map { silu(both[$0]) * both[intermediate + $0] }
    return product(inner, weights: down, columns: token.count)
  }

  /// One token through a mixture of experts: the weighted sum of its experts. `matrices` gives an expert's gate-and-up
  /// and down weights.
  public static func mixture(
    _ token: [Double], experts: [(id: Int, weight: Double)], intermediate: Int,
    matrices: (Int) throws -> (gateUp: [Double], down: [Double])
  ) rethrows -> [Double] {
    var output = [Double](repeating: 0, count: token.count)
    for (id, weight) in experts {
      let (gateUp, down) = try matrices(id)
      let one = expert(token, gateUp: gateUp, down: down, intermediate: intermediate)
      for i in 0..<output.count { output[i] += weight * one[i] }
    }
    return output
  }

  /// One query head over the keys and values it may see: softmax(scale x query . keys) x values.
  public static func attention(query: [Double], keys: [[Double]], values: [[Double]], scale: Double) -> [Double] {
    precondition(
      !keys.isEmpty && keys.count == values.count, "attention needs as many keys as values, and one at least")
    let scores = keys.map { key in scale * zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } }
    let weights = softmax(scores)
    var output = [Double](repeating: 0, count: query.count)
    for (weight, value) in zip(weights, values) {
      for i in 0..<output.count { output[i] += weight * value[i] }
    }
    return output
  }

  /// e^x over the sum of all e^x.
  public static func softmax(_ scores: [Double]) -> [Double] {
    let highest = scores.max() ?? 0
    let powers = scores.map { exp($0 - highest) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }
}

extension Reference {
  /// A row over the root of the mean of its squares, times weights.
  public static func rmsNorm(_ row: [Double], weights: [Double], epsilon: Double) -> [Double] {
    let meanSquare = row.reduce(0) { $0 + $1 * $1 } / Double(row.count)
    return zip(row, weights).map { $0 / (meanSquare + epsilon).squareRoot() * $1 }
  }

  /// One head at a position: each pair (i, i + half) turned by position x theta^(-2i / width).
  public static func rope(_ head: [Double], position: Int, theta: Double) -> [Double] {
    let half = head.count / 2
    var turned = head
    for i in 0..<half {
      let angle = Double(position) * pow(theta, -2 * Double(i) / Double(head.count))
      turned[i] = head[i] * cos(angle) - head[i + half] * sin(angle)
      turned[i + half] = head[i + half] * cos(angle) + head[i] * sin(angle)
    }
    return turned
  }

  /// The experts with the largest logits, largest first and the lower index before its equal, and the softmax over them.
  public static func route(_ logits: [Double], expertsPerToken: Int) -> [(id: Int, weight: Double)] {
    let ranked = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }.prefix(expertsPerToken)
    return zip(ranked, softmax(ranked.map { logits[$0] })).map { (id: $0, weight: $1) }
  }

  /// The index of the largest, the lower one of equals.
  public static func argmax(_ logits: [Double]) -> Int {
    precondition(!logits.isEmpty, "nothing is the largest of none")
    return logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
  }
}
