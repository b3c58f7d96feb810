import Base

/// Requests invented from a recipe and an arrival process. Lengths, arrivals and prefixes come from streams of their own, so
/// the same seed gives the same lengths whatever the rate or process.
public struct SyntheticSource: RequestSource, Sendable {
  private let recipe: TraceRecipe
  private var clock: ArrivalClock
  private var random: SeededRandom
  private var prefixes: PrefixChoice?
  private var remaining: Int

  init(_ recipe: TraceRecipe, clock: ArrivalClock, requestCount: Int, seed: UInt64) {
    self.recipe = recipe
    self.clock = clock
    random = SeededRandom(seed: seed, stream: "lengths")
    prefixes = recipe.prefixes.map { PrefixChoice($0, seed: seed) }
    remaining = requestCount
  }

  /// The next request; nil after the last.
  public mutating func next() throws -> TraceRequest? {
    guard remaining > 0 else { return nil }
    remaining -= 1
    let lengths = try recipe.draw(from: &random)
    let promptTokens = Int(lengths.prompt) + (recipe.prefixes?.tokens ?? 0)
    return TraceRequest(
      arrival: try clock.next(), promptTokens: promptTokens, outputTokens: Int(lengths.output),
      prefixIDs: prefixes?.ids(promptTokens: promptTokens) ?? [])
  }
}
