import Base
import HardwareModels

/// A model whose kernels are measured.
public struct SurveySubject: Sendable {
  /// What it is called in tables.
  public var label: String
  /// Its sizes and popularities.
  public var model: Model
  /// The numbers of GPUs over which it is cut; the shapes of one of them are measured.
  public var tensorParallel: [Int]

  /// A model under its own name in small letters.
  public init(_ model: Model, tensorParallel: [Int] = [1]) {
    self.model = model
    self.tensorParallel = tensorParallel
    label = cell(model.name.lowercased()).split(separator: " ").joined(separator: "-")
  }
}

/// The points that a survey measures, and its limits.
public struct SurveyPlan: Sendable {
  /// The points, kind after kind.
  public var points: [any SurveyPoint]
  /// The limits.
  public var limits: SurveyLimits

  /// These points, each once.
  public init(points: [any SurveyPoint], limits: SurveyLimits) {
    var labels = Set<String>()
    self.points = points.filter { labels.insert($0.label).inserted }
    self.limits = limits
  }

  /// The kernels of these models at the sizes of an effort, and the ceilings of the machine. `activation` is what stands
  /// between its kernels.
  public init(
    of subjects: [SurveySubject], _ effort: SurveyEffort, activation: ElementType, seed: UInt64
  ) throws {
    var points: [any SurveyPoint] = [
      ReadCeiling(count: effort.ceilingCount), CopyCeiling(count: effort.ceilingCount, of: activation),
      ArithmeticCeiling(side: effort.ceilingSide),
    ]
    for subject in subjects {
      for gpus in subject.tensorParallel {
        let shard = try ModelShard(subject, gpus: gpus)
        points += shard.layers(effort, seed: seed)
        points += shard.products(effort)
        points += shard.decodes(effort)
        points += shard.prefills(effort)
      }
    }
    points += effort.squares.map { GEMMPoint(rows: $0, columns: $0, inner: $0) }
    self.init(points: points, limits: effort.limits)
  }

  /// Enough memory for each point.
  var needs: SurveyNeeds { points.reduce(SurveyNeeds()) { $0.joined($1.needs) } }

  /// What it takes on a device, the kernels' own scratch (gathered rows of an MoE layer: pairs of up to two widths) not
  /// counted.
  func memory(on capabilities: KernelCapabilities) -> Bytes {
    let needs = needs
    return Bytes(
      2 * (needs.weights + 2 * needs.keys) + capabilities.activationType.byteCount * (needs.inputs + needs.outputs))
  }
}
