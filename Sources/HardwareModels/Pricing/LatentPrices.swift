/// The prices of latent attention of one layer. A class, because it never changes and every iteration asks it: of a struct
/// the cost model, which does change, would lend out a copy each time, with all the arrays of model and engine.
final class LatentPrices: Sendable {
  /// What one layer cost for the prompts and the decodes of a rank that were priced last: its other runs of layers ask for
  /// the same. Not among an iteration's sums, which would have to clear it where nobody needs it.
  struct Memory {
    var prefill = PrefillWork()
    var prompts = TokenCost()
    var decode = DecodeWork()
    var decodes = TokenCost()
  }

  private let latent: Transformer.Latent
  private let sharded: ShardedModel
  private let prices: OperatorPrices

  /// Nil where attention is not latent.
  init?(_ sharded: ShardedModel, _ prices: OperatorPrices) {
    guard let latent = sharded.transformer.attention.latent else { return nil }
    self.latent = latent
    self.sharded = sharded
    self.prices = prices
  }

  /// What prompt tokens cost.
  func cost(of work: PrefillWork) -> TokenCost {
    var cost = TokenCost()
    sharded.forEachOperator(of: latent, work) { cost.add($0, prices) }
    return cost
  }

  /// What decoded tokens cost.
  func cost(of work: DecodeWork) -> TokenCost {
    var cost = TokenCost()
    sharded.forEachOperator(of: latent, work) { cost.add($0, prices) }
    return cost
  }
}
