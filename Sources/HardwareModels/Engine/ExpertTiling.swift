/// How software cuts the products of a layer's experts into tiles, where it goes by the tokens of the layer call and not by
/// those of each expert.
public struct ExpertTiling: Hashable, Sendable {
  /// What is launched from so many tokens on.
  public struct Step: Hashable, Sendable {
    /// The fewest tokens of a layer call.
    public var fromTokens: Int
    /// Rows of a tile, a power of two.
    public var rows: Int
    /// Tiles that are launched one beside the other over the same columns of weights.
    public var group: Int
  }

  /// The experts that software was tuned for: how many there are, and how many columns of each a GPU holds.
  public struct Shape: Hashable, Sendable {
    /// Experts that a GPU holds.
    public var count: Int
    /// Width of the part of an expert that one GPU holds; nil for any.
    public var shard: Int?
  }

  /// When tiles are grouped.
  public struct Grouping: Hashable, Sendable {
    /// The fewest tokens of a layer call for each expert there is.
    public var fromTokensPerExpert: Int
    /// Tiles of a group.
    public var group: Int
  }

  /// Weights of this format.
  public var format: NumberFormat
  /// The experts it is for; nil for any that software was not tuned for.
  public var shape: Shape?
  /// The steps by ascending tokens, the first from one token on.
  public var steps: [Step]
  /// From how many tokens for each expert there is tiles are grouped, whatever the step says, and how many; nil if the
  /// steps say all.
  public var grouping: Grouping?

  /// What is launched for so many tokens.
  public func step(tokens: Int, experts: Int) -> Step {
    guard var step = steps.last(where: { $0.fromTokens <= tokens }) else {
      preconditionFailure("the first step is from one token on")
    }
    if let grouping, tokens >= grouping.fromTokensPerExpert * experts { step.group = grouping.group }
    return step
  }
}

extension EngineProfile {
  /// How these experts are cut: as software was tuned for them, otherwise as it cuts any; nil if it goes by each expert.
  public func tiling(_ format: NumberFormat, experts: Int, shard: Int) -> ExpertTiling? {
    let shapes = [ExpertTiling.Shape(count: experts, shard: shard), .init(count: experts), nil]
    return shapes.lazy.compactMap { shape in expertTilings.first { $0.format == format && $0.shape == shape } }.first
  }
}
