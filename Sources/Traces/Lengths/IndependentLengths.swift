import Base

/// Prompt and output drawn from a distribution each, neither knowing of the other.
public struct IndependentLengths: LengthsModel {
  /// `independent`.
  public static let name = "independent"
  /// What `lpsim list` says of it.
  public static let summary = "prompt and output from a distribution each"

  private let prompt: any LengthDistribution
  private let output: any LengthDistribution

  /// Reads the distributions `prompt` and `output`.
  public init(reading fields: inout ConfigFields) throws {
    prompt = try lengthDistribution(reading: fields.required("prompt"))
    output = try lengthDistribution(reading: fields.required("output"))
  }

  /// One request's lengths; nil where they do not fit.
  public func draw(upTo limit: Double, from random: inout SeededRandom) -> DrawnLengths? {
    let prompt = prompt.draw(from: &random)
    return DrawnLengths(prompt: prompt, output: output.draw(from: &random), upTo: limit)
  }
}
