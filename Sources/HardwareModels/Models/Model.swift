import Base

/// A model to be served: its sizes, and how its router spreads tokens over experts.
public struct Model: Sendable {
  /// What people call it.
  public var name: String
  /// The architecture as Hugging Face names it.
  public var architecture: String
  /// Its sizes.
  public var transformer: Transformer
  /// How popular its experts are; nil for a dense model.
  public var routing: ExpertRouting?

  /// A model.
  public init(name: String, architecture: String, transformer: Transformer, routing: ExpertRouting?) {
    precondition((transformer.experts == nil) == (routing == nil), "experts and their routing come together")
    self.name = name
    self.architecture = architecture
    self.transformer = transformer
    self.routing = routing
  }

  /// The model of a Hugging Face config.json, with or without our own object `lpsim` in it. Without routing there,
  /// experts count as uniformly popular, which bounds expert traffic from above.
  public init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    let architecture = try readArchitecture(&fields)
    var transformer = try architecture.read(&fields)
    let path = fields.optional("_name_or_path")
    let own = fields.optional("lpsim")
    try fields.finishAllowingStrangers()
    var name = try path?.string() ?? ""
    var routing = transformer.experts.map { ExpertRouting(uniform: $0) }
    if let own {
      var fields = try ConfigFields(own)
      if let given = fields.optional("name") { name = try given.string() }
      if let given = fields.optional("routing"), let experts = transformer.experts {
        routing = try ExpertRouting(reading: given, experts: experts)
      }
      transformer.activationFormat = try fields.optional("activationType").map(readActivationType)
      fields.ignore("sources")
      try fields.finish()
    }
    self.init(
      name: name.isEmpty ? architecture.name : name, architecture: architecture.name, transformer: transformer,
      routing: routing)
  }
}

/// BF16 or FP8: tensor cores multiply nothing shorter for which a profile has forms.
private func readActivationType(_ node: ConfigNode) throws -> NumberFormat {
  let name = try node.string()
  let known: [NumberFormat] = [.bf16, .fp8]
  guard let format = known.first(where: { $0.rawValue == name }) else {
    throw node.error(unknown: "type of activations", name, among: known.map(\.rawValue))
  }
  return format
}

/// The architecture that the one entry of `architectures` names.
private func readArchitecture(_ fields: inout ConfigFields) throws -> any ModelArchitecture.Type {
  let list = try fields.required("architectures")
  let names = try list.elements()
  guard names.count == 1, let node = names.first else {
    throw list.error("\(names.count) architectures are named; expected one")
  }
  let name = try node.string()
  guard let known = modelArchitectures.first(where: { $0.name == name }) else {
    throw node.error(unknown: "architecture", name, among: modelArchitectures.map { $0.name })
  }
  return known
}
