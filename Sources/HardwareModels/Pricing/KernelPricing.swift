import Base

/// What single kernels take on one GPU under one engine: the prices that ``RooflineCostModel`` adds up, for those who
/// fit or check a profile against measured kernels.
public struct KernelPricing: Sendable {
  private let prices: OperatorPrices

  /// The prices of an engine on a GPU; attention is that of heads of this width.
  public init(_ engine: EngineProfile, _ gpu: GPU, headDim: Int) {
    prices = OperatorPrices(engine, gpu, headDim: headDim)
  }

  /// How long a kernel takes. The profile must have a form for it.
  public func duration(of kind: OperatorDemand.Kind) -> Seconds { Seconds(prices.time(of: kind).seconds) }
}
