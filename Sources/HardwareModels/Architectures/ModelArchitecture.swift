import Base

/// A family of models: how its Hugging Face config.json tells its sizes. A new one is a file beside this and a line in
/// ``modelArchitectures``.
public protocol ModelArchitecture: Sendable {
  /// The name in `architectures` of config.json.
  static var name: String { get }
  /// Reads the sizes. What it does not ask for is other people's and is let be.
  static func read(_ fields: inout ConfigFields) throws -> Transformer
}

/// Every architecture that can be read.
public let modelArchitectures: [any ModelArchitecture.Type] = [
  Qwen3MoE.self,
  GptOss.self,
  Mixtral.self,
  Qwen3.self,
  Llama.self,
  DeepseekV3.self,
  Llama4.self,
  Llama4Text.self,
  GPT2.self,
]
