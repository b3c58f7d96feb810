import Base

/// A part of an iteration's time on the clock.
public struct IterationPart: Hashable, Sendable {
  /// What happens in it.
  public enum Kind: Hashable, Sendable {
    /// The host prepares and follows up the iteration.
    case host
    /// Tokens that enter are embedded.
    case embedding
    /// A run of like layers.
    case layers(LayerWork)
    /// The last norm, the LM head and the choice of tokens.
    case emission
  }

  /// What happens in it.
  public var kind: Kind
  /// How long it takes.
  public var duration: Seconds

  /// A part.
  public init(_ kind: Kind, _ duration: Seconds) {
    self.kind = kind
    self.duration = duration
  }
}
