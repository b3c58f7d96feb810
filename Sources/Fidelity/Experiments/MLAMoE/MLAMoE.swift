import Analysis
import Base
import Calibration
import HardwareModels

/// The closed forms of a study of latent attention and experts on whole systems (arXiv:2507.15465).
struct MLAMoE: Reproduction {
  static let name = "mla-moe"

  private let reference: Reference
  private let ridges: [(gpu: GPU, flopPerByte: Double, reading: ComparedFigure.Reading)]
  private let latent: LatentFigures
  private let systems: SystemFigures
  private let scaling: ScalingFigures

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("mla-moe", .reference))
    reference = try Reference(reading: &fields)
    let gpu = try library.gpu(fields.required("gpu"))
    let reading = reference.reading
    ridges = try fields.required("accelerators").elements().map { node in
      var fields = try ConfigFields(node)
      let ridge = try (
        library.gpu(fields.required("gpu")), fields.number("flopPerByte", in: .positive),
        fields.word("reading", "reading", default: reading)
      )
      try fields.finish()
      return ridge
    }
    latent = try LatentFigures(reading: fields.object("latent"), on: gpu, in: library)
    systems = try SystemFigures(reading: fields.object("systems"), on: gpu, in: library)
    scaling = try ScalingFigures(reading: fields.object("scaling"), from: systems)
    try fields.finish()
  }

  var runs: [ServedRun] { [] }

  func chapter(from outcomes: Outcomes) throws -> Chapter {
    let paper = Publication(reading: reference.reading)
    let accelerators = try FigureTable(
      title: "Accelerators in BF16", layout: .grid("accelerator"),
      figures: ridges.map { gpu, published, reading in
        guard let ridge = gpu.ridgePoint(for: .bf16) else { throw InputError(.config, "\(gpu.name) has no BF16") }
        return Publication(reading: reading).figure("ridge point", gpu.name, "FLOP/B", published, ours: ridge.value)
      })
    let tables = try [accelerators] + latent.tables(paper) + systems.tables(paper) + [scaling.table(paper)]
    var chapter = try Chapter(Self.name, reference, tables, engines: [])
    chapter.otherTables = try [latent.gains(on: ridges.map(\.gpu))] + systems.otherTables() + scaling.otherTables()
    return chapter
  }
}

/// Makes figures of one publication.
struct Publication {
  let reading: ComparedFigure.Reading

  /// A published value beside ours.
  func figure(
    _ quantity: String, _ setting: String, _ unit: String, _ published: Double,
    _ relation: ComparedFigure.Relation = .equals, role: ComparedFigure.Role = .predicted, ours: Double
  ) -> ComparedFigure {
    ComparedFigure(
      quantity: quantity, setting: setting, unit: unit, reference: published, relation: relation, reading: reading,
      role: role, simulated: ours)
  }
}

extension ConfigLibrary {
  /// The GPU that a node names.
  func gpu(_ node: ConfigNode) throws -> GPU { try GPU(reading: load(node.string(), .gpu, asker: node)) }

  /// The model that a node names, in BF16 whatever it is published in.
  func modelInBF16(_ node: ConfigNode) throws -> Model {
    let tree = try load(node.string(), .model, asker: node)
    guard tree.member("quantization_config") != nil else { return try Model(reading: tree) }
    return try Model(reading: tree.removing("quantization_config"))
  }
}
