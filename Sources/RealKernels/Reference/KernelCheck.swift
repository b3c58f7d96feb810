import Base

/// Runs kernels on fresh random numbers into poisoned outputs and compares them with ``Reference``. Each check throws
/// on a mismatch and gives the largest error otherwise, in root mean squares of what was expected.
public struct KernelCheck {
  /// What is checked.
  public let kernels: Kernels
  /// Where the random numbers come from.
  public let seed: UInt64
  /// What weights are.
  public var weightType: ElementType
  /// What keys and values are.
  public var cacheType: ElementType
  private var streams: UInt64 = 0

  /// Checks of these kernels with this seed, on the smallest types they offer.
  public init(_ kernels: Kernels, seed: UInt64) {
    self.kernels = kernels
    self.seed = seed
    weightType = kernels.capabilities.weightTypes.contains(.bfloat16) ? .bfloat16 : .float32
    cacheType = kernels.capabilities.cacheTypes.contains(.bfloat16) ? .bfloat16 : .float32
  }

  /// What stands between the kernels.
  public var activationType: ElementType { kernels.capabilities.activationType }
  var tolerance: Tolerance { Tolerance(between: activationType) }

  /// Random numbers on the device that no other buffer of this check has.
  mutating func random(_ type: ElementType, _ count: Int, scale: Float = 1) throws -> KernelBuffer {
    streams += 1
    return try KernelBuffer(kernels, type, count: count, seed: seed &* 1_000_003 &+ streams, scale: scale)
  }

  /// Memory on the device that holds nothing but poison.
  func poisoned(_ type: ElementType, _ count: Int) throws -> KernelBuffer {
    let buffer = try KernelBuffer(kernels, type, count: count)
    try buffer.poison()
    return buffer
  }

  func describe(_ what: String) -> String { "\(what) (\(kernels.library.backend.rawValue) kernels, seed \(seed))" }
}

extension KernelBuffer {
  /// What is in it, in Float64.
  func doubles(_ range: Range<Int>? = nil) throws -> [Double] { try download(range).map { Double($0) } }

  /// Row `index` of it as a matrix of that width, in Float64.
  func row(_ index: Int, width: Int) throws -> [Double] { try doubles(index * width..<(index + 1) * width) }
}

extension KernelCheck {
  /// A dense product, a few rows of it: all if there are no more than `sampled`.
  public mutating func gemm(rows: Int, columns: Int, inner: Int, sampled: Int = 16) throws -> Double {
    let input = try random(activationType, rows * inner)
    let weights = try random(weightType, columns * inner)
    let output = try poisoned(activationType, rows * columns)
    try kernels.gemm(
      rows: rows, columns: columns, inner: inner, input: input.all, weights: weights.all, output: output.all)
    let matrix = try weights.doubles()
    var worst = 0.0
    for row in spread(rows, sampled) {
      let right = Reference.product(try input.row(row, width: inner), weights: matrix, columns: columns)
      let found = try output.download(row * columns..<(row + 1) * columns)
      let what = describe("gemm \(rows) x \(columns) x \(inner), row \(row)")
      worst = max(worst, try tolerance.compare(found, with: right, what))
    }
    return worst
  }

  /// `count` of the numbers below `limit`, evenly spread, the first and the last among them.
  func spread(_ limit: Int, _ count: Int) -> [Int] {
    guard limit > count, count > 1 else { return Array(0..<limit) }
    return (0..<count).map { $0 * (limit - 1) / (count - 1) }
  }
}

extension KernelCheck {
  /// An MoE layer with the routing of the caller, `expertIDs[token * expertsPerToken + choice]`; a few tokens of it.
  public mutating func moe(
    _ shape: MoEShape, expertIDs: [Int32], path: MoEPath = .automatic, sampled: Int = 8
  ) throws -> Double {
    var draws = SeededRandom(seed: seed, stream: "expert-weights")
    let shares = (0..<shape.pairs).map { _ in Float(draws.uniform()) }
    let input = try random(activationType, shape.tokens * shape.hidden)
    let scale = 2 / Float(shape.hidden).squareRoot()
    let gateUp = try random(weightType, shape.gateUpCount, scale: scale)
    let down = try random(weightType, shape.downCount, scale: scale)
    let output = try poisoned(activationType, shape.tokens * shape.hidden)
    let operands = MoEOperands(
      input: input.all, expertIDs: try KernelBuffer(kernels, expertIDs).all,
      expertWeights: try KernelBuffer(kernels, .float32, shares).all, gateUp: gateUp.all, down: down.all,
      output: output.all)
    try kernels.moe(shape, operands, path: path)
    var worst = 0.0
    for token in spread(shape.tokens, sampled) {
      let chosen = (token * shape.expertsPerToken..<(token + 1) * shape.expertsPerToken).map {
        (id: Int(expertIDs[$0]), weight: Double(shares[$0]))
      }
      let right = try Reference.mixture(
        try input.row(token, width: shape.hidden), experts: chosen, intermediate: shape.intermediate
      ) {
        (
          try gateUp.row($0, width: 2 * shape.intermediate * shape.hidden),
          try down.row($0, width: shape.hidden * shape.intermediate)
        )
      }
      let found = try output.download(token * shape.hidden..<(token + 1) * shape.hidden)
      worst = max(worst, try tolerance.compare(found, with: right, describe("\(shape), \(path), token \(token)")))
    }
    return worst
  }
}
