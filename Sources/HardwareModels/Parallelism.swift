/// How a replica's GPUs share the model.
public struct Parallelism: Hashable, Sendable {
  /// GPUs that share each attention layer.
  public var tensor: Int
  /// Groups of so many GPUs that each serve requests of their own and meet in the experts.
  public var data: Int
  /// GPUs over which experts are spread.
  public var expert: Int
  /// Stages, each with a run of layers on GPUs of its own.
  public var pipeline: Int

  /// One GPU, unless more are named.
  public init(tensor: Int = 1, data: Int = 1, expert: Int = 1, pipeline: Int = 1) {
    self.tensor = tensor
    self.data = data
    self.expert = expert
    self.pipeline = pipeline
  }

  /// GPUs of a replica; experts are spread over those that the attention layers have.
  public var gpuCount: Int { tensor * data * pipeline }
}
