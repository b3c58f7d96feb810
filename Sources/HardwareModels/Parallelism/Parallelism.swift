/// How a replica's model is cut over its GPUs.
public struct Parallelism: Hashable, Sendable {
  /// GPUs that share each attention rank's layers.
  public var tensor = 1
  /// Attention ranks: each has requests and KV cache of its own; all step together.
  public var data = 1
  /// GPUs over which whole experts are spread, `tensor` x `data` of them; 1: experts are cut like the rest, and there is
  /// one attention rank.
  public var expert = 1
  /// Stages, each owning a run of neighbouring layers.
  public var pipeline = 1
  /// Which experts stand together where they are spread.
  public var placement = ExpertPlacement.random
  /// Copies that the most wanted experts of a layer have together, beside one of each expert.
  public var redundantExperts = 0

  /// This cut; a replica on one GPU unless something else is said.
  public init(
    tensor: Int = 1, data: Int = 1, expert: Int = 1, pipeline: Int = 1, placement: ExpertPlacement = .random,
    redundantExperts: Int = 0
  ) {
    self.tensor = tensor
    self.data = data
    self.expert = expert
    self.pipeline = pipeline
    self.placement = placement
    self.redundantExperts = redundantExperts
  }

  /// GPUs of the replica.
  public var gpuCount: Int { stageGPUs * pipeline }
  /// GPUs of a stage.
  public var stageGPUs: Int { tensor * data }

  /// GPUs over which each expert is cut.
  var gpusOfExpert: Int { expert > 1 ? 1 : tensor }

  /// Experts and copies of experts that each GPU holds of a layer, in whole or in part.
  public func expertsHeld(of count: Int) -> Int { (count + redundantExperts) / expert }

  /// The layers of each stage, as vLLM cuts them: as even as can be, what is left over goes to the stages before the last,
  /// the later first, since the last one has the LM head.
  public func stages(of layers: Int) -> [Range<Int>] {
    precondition(pipeline >= 1 && pipeline <= layers, "every stage has a layer")
    let (each, left) = layers.quotientAndRemainder(dividingBy: pipeline)
    var first = 0
    return (0..<pipeline).map { stage in
      let hasOneMore = stage < pipeline - 1 && stage >= pipeline - 1 - left
      let layers = first..<first + each + (hasOneMore ? 1 : 0)
      first = layers.upperBound
      return layers
    }
  }
}
