import Base
import HardwareModels

/// A mixture-of-experts layer of a model, as one GPU of `tensorParallel` holds it.
public struct MoEPoint: SurveyPoint {
  /// The model.
  public let model: String
  /// GPUs that the experts' width is cut over.
  public let tensorParallel: Int
  /// The sizes on one of them.
  public let shape: MoEShape
  /// How its tokens choose experts.
  public let distribution: ExpertDistribution
  /// Which kernels it uses.
  public let path: MoEPath
  /// Experts that get a token.
  public var activeExperts: Int { expertTokens.count }
  /// Tokens of each of them, descending.
  public let expertTokens: [Int]
  private let expertIDs: [Int32]

  /// A layer with a routing drawn by a seed.
  public init(
    model: String, tensorParallel: Int, shape: MoEShape, distribution: ExpertDistribution, routing: ExpertRouting,
    path: MoEPath = .automatic, seed: UInt64
  ) {
    self.model = model
    self.tensorParallel = tensorParallel
    self.shape = shape
    self.distribution = distribution
    self.path = path
    expertIDs = distribution.draw(
      tokens: shape.tokens, topK: shape.expertsPerToken, routing: routing,
      seed: seed &+ UInt64(shape.tokens) &* 0x9e37_79b9)
    var counts = [Int](repeating: 0, count: shape.experts)
    for expert in expertIDs { counts[Int(expert)] += 1 }
    expertTokens = counts.filter { $0 > 0 }.sorted(by: >)
  }

  /// What it is called.
  public var label: String { "\(series) tokens \(shape.tokens)" }
  /// Everything but the number of tokens.
  public var series: String { "moe \(model) tp \(tensorParallel) \(distribution.rawValue) \(path)" }

  /// 6 h i a pair; each active expert's weights once, tokens in and out once.
  public var work: SurveyWork {
    let (h, i) = (Double(shape.hidden), Double(shape.intermediate))
    return SurveyWork(
      flops: Flops(6 * h * i * Double(shape.pairs)),
      bytes: Bytes(2 * 3 * h * i * Double(activeExperts) + 4 * h * Double(shape.tokens)))
  }

  /// The weights of all experts.
  public var needs: SurveyNeeds {
    let tokens = shape.tokens * shape.hidden
    return SurveyNeeds(weights: shape.gateUpCount + shape.downCount, inputs: tokens, outputs: tokens)
  }
}

extension MoEPoint {
  /// By widths alone: experts and tokens are fewer in the check.
  public var checkName: String { "moe \(shape.hidden) x \(shape.intermediate) top \(shape.expertsPerToken)" }

  /// From few to many rows an expert, so that each of the kernels under the automatic path comes in turn.
  public func check(_ check: inout KernelCheck) throws {
    let k = shape.expertsPerToken
    for (tokens, experts) in [(3, min(shape.experts, 2 * k)), (40, k), (150, k), (300, k)] {
      var small = shape
      (small.tokens, small.experts) = (tokens, experts)
      let ids = (0..<small.pairs).map { Int32(($0 % k + $0 / k) % experts) }
      _ = try check.moe(small, expertIDs: ids, path: path, sampled: 2)
    }
  }

  /// In each pass the experts change places, so that other weights are read.
  public func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram {
    let experts = shape.experts
    let ids = try KernelBuffer(
      bench.kernels, expertIDs.map { Int32((Int($0) + pass * (experts / 3 + 1)) % experts) })
    let shares = try KernelBuffer(bench.kernels, .float32, count: shape.pairs, seed: UInt64(pass), scale: 1)
    let operands = MoEOperands(
      input: bench.inputs.all, expertIDs: ids.all, expertWeights: shares.all, gateUp: bench.weights.all,
      down: bench.weights.from(shape.gateUpCount), output: bench.outputs.all)
    return try bench.record(keeping: [ids, shares]) { try bench.kernels.moe(shape, operands, path: path) }
  }

  /// Where its time is written.
  public var table: SurveyTable { .moe }

  /// Its row there; the width is the whole expert's, as the column `tp` says how it is cut.
  public func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String] {
    machine.columns(kernel: "\(path)")
      + ["bfloat16", model] + [shape.hidden, shape.intermediate * tensorParallel].map(String.init)
      + [shape.experts, shape.expertsPerToken, tensorParallel, 1].map(String.init)
      + [distribution.rawValue, String(shape.tokens), microseconds(times.median), String(activeExperts)]
      + [String(times.count), microseconds(times.lowerQuartile), microseconds(times.upperQuartile)]
      + [expertTokens.map(String.init).joined(separator: " ")]
  }
}
