import CKernels

/// Which kernels an MoE layer uses.
public enum MoEPath: Int32, CaseIterable, Sendable {
  /// By the mean number of rows of an expert.
  case automatic = 0
  /// Our own, made for few rows.
  case own = 1
  /// The machine's BLAS, made for many rows.
  case library = 2
}

/// The sizes of a mixture-of-experts layer and of what it is given.
public struct MoEShape: Hashable, Sendable {
  /// Tokens that pass it at once.
  public var tokens: Int
  /// Width of a token's state.
  public var hidden: Int
  /// Width of an expert.
  public var intermediate: Int
  /// Routed experts.
  public var experts: Int
  /// Experts of one token.
  public var expertsPerToken: Int

  /// A layer of this shape.
  public init(tokens: Int, hidden: Int, intermediate: Int, experts: Int, expertsPerToken: Int) {
    self.tokens = tokens
    self.hidden = hidden
    self.intermediate = intermediate
    self.experts = experts
    self.expertsPerToken = expertsPerToken
  }

  /// Pairs of a token and one of its experts.
  public var pairs: Int { tokens * expertsPerToken }
  /// Elements of the gate and up weights of all experts.
  public var gateUpCount: Int { experts * 2 * intermediate * hidden }
  /// Elements of the down weights of all experts.
  public var downCount: Int { experts * hidden * intermediate }
}

/// What a mixture-of-experts layer works on.
public struct MoEOperands {
  /// [tokens, hidden].
  public var input: KernelView
  /// Int32 [tokens, expertsPerToken], distinct within a token.
  public var expertIDs: KernelView
  /// Float32 [tokens, expertsPerToken].
  public var expertWeights: KernelView
  /// [experts, 2 x intermediate, hidden]; an expert's gate rows come first.
  public var gateUp: KernelView
  /// [experts, hidden, intermediate].
  public var down: KernelView
  /// [tokens, hidden].
  public var output: KernelView

  /// Operands in these places.
  public init(
    input: KernelView, expertIDs: KernelView, expertWeights: KernelView, gateUp: KernelView, down: KernelView,
    output: KernelView
  ) {
    self.input = input
    self.expertIDs = expertIDs
    self.expertWeights = expertWeights
    self.gateUp = gateUp
    self.down = down
    self.output = output
  }
}

extension Kernels {
  /// One mixture-of-experts layer: gather, gate and up, SiLU(gate) x up, down, weighted sum.
  public func moe(_ shape: MoEShape, _ operands: MoEOperands, path: MoEPath = .automatic) throws {
    var operation = lpk_moe(
      tokens: Int64(shape.tokens), hidden: Int64(shape.hidden), intermediate: Int64(shape.intermediate),
      experts: Int32(shape.experts), experts_per_token: Int32(shape.expertsPerToken), path: path.rawValue,
      input: operands.input.raw, expert_ids: operands.expertIDs.raw, expert_weights: operands.expertWeights.raw,
      gate_up: operands.gateUp.raw, down: operands.down.raw, output: operands.output.raw)
    try check(api.moe(device, &operation))
  }
}
