import Base

/// Lengths drawn from a real trace's quantiles, for requests grouped by prompt, so that prompt and output go together
/// as they did in it. An output that takes a request above the limit is drawn again; its prompt stands.
public struct QuantileLengths: LengthsModel {
  /// `quantiles`.
  public static let name = "quantiles"
  /// What `lpsim list` says of it.
  public static let summary = "quantiles of a real trace, for slices of requests with like prompts"

  private static let outputDraws = 100

  private struct Slice {
    /// Probability of this slice and all before it.
    let upTo: Double
    let prompt: QuantileTable
    let output: QuantileTable
  }

  private let slices: [Slice]

  /// Reads `slices`, each with its `share` of the requests and the quantiles of `prompt` and `output` in it.
  public init(reading fields: inout ConfigFields) throws {
    let node = try fields.required("slices")
    var slices = [Slice]()
    var sum = 0.0
    for element in try node.elements() {
      var slice = try ConfigFields(element)
      sum += try slice.number("share", in: .leastNonzeroMagnitude...1)
      slices.append(
        Slice(
          upTo: sum, prompt: try QuantileTable(reading: slice.required("prompt")),
          output: try QuantileTable(reading: slice.required("output"))))
      try slice.finish()
    }
    guard (sum - 1).magnitude < 1e-9 else { throw node.error("the shares add up to \(sum); expected 1") }
    self.slices = slices
  }

  /// One request's lengths; nil where no output fits beside the prompt.
  public func draw(upTo limit: Double, from random: inout SeededRandom) -> DrawnLengths? {
    let slice = slice(at: random.uniform())
    let prompt = slice.prompt.tokens(at: random.uniform())
    for _ in 0..<Self.outputDraws {
      let output = slice.output.tokens(at: random.uniform())
      if let drawn = DrawnLengths(prompt: prompt, output: output, upTo: limit) { return drawn }
    }
    return nil
  }

  /// The slice a probability falls in. The shares' sum may miss 1 by a rounding, which the last slice takes.
  private func slice(at probability: Double) -> Slice {
    var index = 0
    while index < slices.count - 1, probability >= slices[index].upTo { index += 1 }
    return slices[index]
  }
}
