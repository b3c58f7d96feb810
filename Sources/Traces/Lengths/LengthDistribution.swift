import Base

/// How one length, a prompt's or an answer's, is distributed.
public protocol LengthDistribution: Sendable {
  /// Its name under `distribution`.
  static var name: String { get }
  /// What it is, in half a sentence.
  static var summary: String { get }

  /// Reads its parameters; the keys that remain are complained about by the caller.
  init(reading fields: inout ConfigFields) throws

  /// A length in whole tokens; it may be below one or beyond every limit.
  func draw(from random: inout SeededRandom) -> Double
}

/// Every distribution a length can have.
public let lengthDistributions: [any LengthDistribution.Type] = [
  LogNormalLength.self, UniformLength.self, FixedLength.self,
]

/// The distribution of an object with the key `distribution`.
func lengthDistribution(reading node: ConfigNode) throws -> any LengthDistribution {
  var fields = try ConfigFields(node)
  let key = try fields.required("distribution")
  let name = try key.string()
  guard let type = lengthDistributions.first(where: { $0.name == name }) else {
    throw key.error(unknown: "distribution", name, among: lengthDistributions.map { $0.name })
  }
  let distribution = try type.init(reading: &fields)
  try fields.finish()
  return distribution
}
