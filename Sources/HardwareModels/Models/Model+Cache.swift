import Base

extension Model {
  /// Bytes of keys and values that one token leaves in all layers, on all GPUs that share them: heads are copied where
  /// there are fewer than GPUs.
  public func kvBytesPerToken(tensorParallel: Int) -> Bytes {
    let shard = ShardedModel(model: self, gpus: tensorParallel)
    return Bytes(shard.attention.kvBytesPerToken) * Double(transformer.layerCount)
  }
}
