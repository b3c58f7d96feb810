import Analysis
import Base
import Calibration
import HardwareModels

/// What the study says of latent attention by itself.
struct LatentFigures: Sendable {
  private let gpu: GPU
  private let model: Model
  private let attention: Transformer.Latent
  private let block: LatentBlock
  private let intensities: [(operation: LatentOperation, published: Double)]
  private let oneKernel: Double
  private let kvKiB: Double
  private let keyWeights: (multiHead: Double, latent: Double)
  private let batches: [Int]
  private let contexts: [Int]
  private let slowdown: (decode: Double, prefill: Double)

  init(reading given: ConfigFields, on gpu: GPU, in library: ConfigLibrary) throws {
    var fields = given
    self.gpu = gpu
    let name = try fields.required("model")
    model = try library.modelInBF16(name)
    guard let block = LatentBlock(of: model.transformer), let attention = model.transformer.attention.latent else {
      throw name.error("\(model.name) has no latent attention")
    }
    (self.block, self.attention) = (block, attention)
    intensities = try fields.required("intensities").elements().map { node in
      var fields = try ConfigFields(node)
      let operation = try block.operation(
        fields.word("phase", "phase"), fields.word("step", "step"), fields.word("variant", "variant"), batch: 1,
        context: 4096)
      let published = try fields.number("flopPerByte", in: .positive)
      try fields.finish()
      return (operation, published)
    }
    oneKernel = try fields.number("oneKernelFlopPerByte", in: .positive)
    kvKiB = try fields.number("kvKiB", in: .positive)
    var weights = try fields.object("keyWeightsMi")
    keyWeights = try (weights.number("multiHead", in: .positive), weights.number("latent", in: .positive))
    try weights.finish()
    batches = try fields.required("batches").integers()
    contexts = try fields.required("contexts").integers()
    slowdown = try (
      fields.number("plainDecodeOverAbsorbed", in: .positive), fields.number("absorbedPrefillOverPlain", in: .positive)
    )
    try fields.finish()
  }

  func tables(_ paper: Publication) throws -> [FigureTable] {
    let operations = intensities.map { operation, published in
      let setting = "\(operation.phase.rawValue) \(operation.step.rawValue), \(operation.variant.rawValue)"
      return paper.figure("intensity", setting, "FLOP/B", published, ours: operation.intensity.value)
    }
    let list = [
      paper.figure(
        "intensity in one kernel", "decode attention, absorbed", "FLOP/B", oneKernel, ours: try intensityOfDecode()),
      paper.figure(
        "KV cache of a token", model.name, "KiB", kvKiB, ours: model.transformer.kvBytesPerToken.value / 1024),
      paper.figure("weights that make keys", "multi-head", "Mi", keyWeights.multiHead, ours: multiHeadKeys / 0x1p20),
      paper.figure("weights that make keys", "latent", "Mi", keyWeights.latent, ours: latentKeys / 0x1p20),
      paper.figure(
        "plain decode over absorbed", "largest, \(gpu.name)", "", slowdown.decode,
        ours: range(.decode, on: gpu, withProjections: true).upperBound),
      paper.figure(
        "absorbed prefill over plain", "largest, \(gpu.name)", "", slowdown.prefill,
        ours: range(.prefill, on: gpu, withProjections: true).upperBound),
    ]
    return [
      FigureTable(title: "Operations of \(model.name)", layout: .grid("operation"), figures: operations),
      FigureTable(title: "Latent attention of \(model.name)", layout: .list, figures: list),
    ]
  }

  /// Of the operator that lpsim prices.
  private func intensityOfDecode() throws -> Double {
    let demand = model.demand(of: .decoding(1, context: 4096, in: model), tensorParallel: 1)
    guard let attending = demand.first(where: { $0.name == "decode attention" }) else {
      throw InputError.unknown("operator", "decode attention", among: demand.map(\.name))
    }
    return attending.flops.value / attending.traffic.memory.value
  }

  private var multiHeadKeys: Double {
    Double(model.transformer.hidden * model.transformer.attention.heads * attention.plainDim)
  }
  private var latentKeys: Double {
    Double(attention.rank * (model.transformer.hidden + model.transformer.attention.heads * attention.plainDim))
  }

  /// How many times as long the worse variant of a phase takes, over all batches and contexts.
  private func range(
    _ phase: LatentOperation.Phase, on gpu: GPU, withProjections: Bool
  ) -> ClosedRange<Double> {
    let worse: LatentVariant = phase == .decode ? .plain : .absorbed
    let better: LatentVariant = phase == .decode ? .absorbed : .plain
    let ratios = batches.flatMap { batch in
      contexts.map {
        block.ratio(
          phase, worse, over: better, batch: batch, context: $0, withProjections: withProjections, on: gpu)
      }
    }
    return (ratios.min() ?? 1)...(ratios.max() ?? 1)
  }

  /// What the choice of variant is worth on each accelerator, with the projections and without.
  func gains(on accelerators: [GPU]) -> WordTable {
    func words(_ phase: LatentOperation.Phase, _ gpu: GPU, _ withProjections: Bool) -> String {
      let range = range(phase, on: gpu, withProjections: withProjections)
      return "\(decimal(range.lowerBound, digits: 2)) to \(decimal(range.upperBound, digits: 2))"
    }
    return WordTable(
      title: "How many times as long the other variant takes, batch \(batches.span), context \(contexts.span)",
      columns: [
        "accelerator", "decode, plain", "without projections", "prefill, absorbed", "without projections",
      ],
      rows: accelerators.map { gpu in
        [gpu.name]
          + [(.decode, true), (.decode, false), (.prefill, true), (.prefill, false)].map { words($0, gpu, $1) }
      })
  }
}

extension [Int] {
  /// `32 to 256`.
  fileprivate var span: String { "\(first ?? 0) to \(last ?? 0)" }
}

extension ConfigNode {
  /// A list of whole numbers above zero.
  func integers() throws -> [Int] { try elements().map { try $0.integer(in: 1...1_000_000) } }
}
