import Base

/// Where prompt and output lengths of invented requests come from, both drawn together.
public protocol LengthsModel: Sendable {
  /// Its name under `lengths.kind`.
  static var name: String { get }
  /// What it is, in half a sentence.
  static var summary: String { get }

  /// Reads its parameters; the keys that remain are complained about by the caller.
  init(reading fields: inout ConfigFields) throws

  /// One request's lengths in whole tokens; nil where the draw does not fit `limit` or has a length below one token, and
  /// is to be made again.
  func draw(upTo limit: Double, from random: inout SeededRandom) -> DrawnLengths?
}

/// Lengths as they were drawn, in whole tokens.
public struct DrawnLengths: Hashable, Sendable {
  /// Tokens of the prompt.
  public var prompt: Double
  /// Tokens of the answer.
  public var output: Double

  /// Both lengths; nil where one is below one token or both together exceed the limit.
  public init?(prompt: Double, output: Double, upTo limit: Double) {
    guard prompt >= 1, output >= 1, prompt + output <= limit else { return nil }
    self.prompt = prompt
    self.output = output
  }
}

/// Every kind of lengths a recipe can name.
public let lengthsModels: [any LengthsModel.Type] = [IndependentLengths.self, QuantileLengths.self]

/// The lengths model of a recipe's `lengths` object.
func lengthsModel(reading node: ConfigNode) throws -> any LengthsModel {
  var fields = try ConfigFields(node)
  let kind = try fields.required("kind")
  let name = try kind.string()
  guard let type = lengthsModels.first(where: { $0.name == name }) else {
    throw kind.error(unknown: "kind of lengths", name, among: lengthsModels.map { $0.name })
  }
  let model = try type.init(reading: &fields)
  try fields.finish()
  return model
}

/// The most tokens one length may have, so that its square still fits a count of attended pairs.
let longestLength = 1_000_000_000
