/// How the experts of a layer call are counted.
public enum RoutingMode: Hashable, Sendable {
  /// In expectation, every call alike.
  case expected
  /// Drawn for each layer call from the stream of this seed; the means are those of ``expected``.
  case sampled(seed: UInt64)
}
