/// Tokens that pass a layer together, and the padding rows that a CUDA graph adds to them.
public struct TokenRows: Hashable, Sendable {
  /// Prompt tokens.
  public var prompt: Int
  /// Decoded tokens.
  public var decode: Int
  /// Rows that take time and do nothing.
  public var padding: Int

  /// Rows of a layer.
  public init(prompt: Int, decode: Int, padding: Int = 0) {
    self.prompt = prompt
    self.decode = decode
    self.padding = padding
  }

  /// Tokens that do something.
  public var tokens: Int { prompt + decode }
  /// All rows.
  public var all: Int { prompt + decode + padding }
}
