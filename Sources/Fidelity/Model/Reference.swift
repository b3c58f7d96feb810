import Base
import Sim

/// What every file of published measurements says besides its values.
struct Reference: Sendable {
  /// What it is about.
  let title: String
  /// What was measured, how it is simulated, and what had to be assumed.
  let summary: [String]
  /// Where the values come from.
  let source: String
  /// How its values came to us, unless one says otherwise.
  let reading: ComparedFigure.Reading
  /// Whether its values can be missed, unless one says otherwise.
  let role: ComparedFigure.Role
  /// Why lpsim is off where it is.
  let why: [String]
  /// What the errors should stay below.
  let targets: [TargetSpec]
  /// How many seeds are simulated.
  let seeds: Int

  /// Reads the shared keys; the caller reads its own and finishes.
  init(reading fields: inout ConfigFields) throws {
    title = try fields.string("title")
    summary = try fields.required("summary").strings()
    source = try fields.string("source")
    reading = try fields.word("reading", "reading")
    role = try fields.word("role", "role", default: .predicted)
    why = try fields.required("why").strings()
    targets = try fields.required("targets").elements().map { try TargetSpec(reading: $0) }
    seeds = try fields.optional("seeds")?.integer(in: 1...64) ?? 1
  }
}

/// A deployment with what is changed in it, as a reference file names one.
struct Setup: Hashable, Sendable {
  /// The deployment.
  var deployment: String
  /// `key.path=value`, as `--set` takes it.
  var overrides: [String]

  /// Reads `deployment` and `set`.
  init(reading fields: inout ConfigFields) throws {
    deployment = try fields.string("deployment")
    overrides = try fields.optional("set")?.strings() ?? []
  }

  /// The same with more changed.
  func setting(_ more: [String]) -> Setup {
    var setup = self
    setup.overrides += more
    return setup
  }

  /// The name of its engine profile.
  func engine(in library: ConfigLibrary) throws -> String {
    try Deployment(reading: resolved(in: library)).engine.name
  }

  /// The tree with model, GPU and engine in full.
  func resolved(in library: ConfigLibrary) throws -> ConfigNode {
    try library.resolve(deployment, overrides: overrides.map { try ConfigOverride(parsing: $0) })
  }
}
