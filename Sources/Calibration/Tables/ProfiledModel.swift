import Base
import HardwareModels

/// A file's name without what is true of one machine only; with its folders where they say of which model it is.
public func shortName(of file: String) -> String {
  let parts = file.split(separator: "/").suffix(3)
  let isOfLayers = parts.count == 3 && parts.dropLast().last?.hasPrefix("tp") == true
  return parts.suffix(isOfLayers ? 3 : 1).joined(separator: "/")
}

/// The model whose layers a table is about: the folders it lies in name it, as `Llama-3.1-8B/tp2/dense.csv` does.
struct ProfiledModel: Sendable {
  /// The folder.
  let name: String
  /// Its sizes.
  let model: Model
  /// GPUs that share each layer.
  let tensorParallel: Int

  /// Reads the names of the last two folders of a path.
  init(of file: String, model: (String) throws -> Model) throws {
    let folders = file.split(separator: "/").dropLast().suffix(2)
    guard let name = folders.first, let last = folders.last, folders.count == 2, last.hasPrefix("tp"),
      let degree = Int(last.dropFirst(2)), (1...1024).contains(degree)
    else {
      throw InputError(
        .data, file: file, "the table is about layers of a model, but no folder says of which",
        hint: "keep it in MODEL/tpN, such as Llama-3.1-8B/tp2, for N GPUs")
    }
    self.name = String(name)
    self.model = try model(self.name)
    tensorParallel = degree
    let sizes = self.model.transformer
    guard sizes.attention.latent == nil, [0, sizes.layerCount].contains(sizes.sparseLayerCount) else {
      throw InputError(
        .data, file: file,
        "\(self.model.name) has latent attention or layers of two kinds, which no such table is about")
    }
  }

  /// Operators of a layer, and of both ends, for so many tokens that are all decoded, by name.
  func operators(tokens: Int) -> [OperatorDemand] {
    var decode = DecodeWork()
    decode.requests = tokens
    return model.demand(of: LayerWork(layers: 0..<1, decode: decode), tensorParallel: tensorParallel)
      + model.endDemand(embedded: tokens, emitted: tokens, tensorParallel: tensorParallel)
  }

  /// The attention of a layer.
  func attention(prefill: PrefillWork, decode: DecodeWork) -> OperatorDemand.Kind {
    let work = LayerWork(layers: 0..<1, prefill: prefill, decode: decode)
    var (prompts, decodes): (PrefillAttention?, DecodeAttention?)
    for operation in model.demand(of: work, tensorParallel: tensorParallel) {
      if case .prefillAttention(let shape) = operation.kind { prompts = shape }
      if case .decodeAttention(let shape) = operation.kind { decodes = shape }
    }
    switch (prompts, decodes) {
    case (let prompts?, let decodes?): return .sharedAttention(prompts, decodes)
    case (let prompts?, nil): return .prefillAttention(prompts)
    case (nil, let decodes?): return .decodeAttention(decodes)
    case (nil, nil): preconditionFailure("attention of no tokens")
    }
  }
}
