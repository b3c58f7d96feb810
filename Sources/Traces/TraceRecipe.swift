import Base

/// How to invent the lengths of a trace's requests, so that no file is needed: `configs/traces/*.json`.
public struct TraceRecipe: Sendable {
  /// Its name, as `--trace` takes it.
  public let name: String
  /// What it stands for, in a sentence or two.
  public let description: String
  /// The most tokens a request's prompt and output have together; longer ones are drawn again.
  public let maxTotalTokens: Int
  /// Where the lengths come from.
  public let lengths: any LengthsModel
  private let file: String

  private static let draws = 1000

  /// Reads a recipe.
  public init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    name = try fields.string("name")
    description = try fields.string("description")
    let sources = try fields.required("sources")
    guard let members = sources.members else { throw sources.error("\(sources.described) is not an object") }
    for source in members { _ = try source.node.string() }
    maxTotalTokens = try fields.integer("maxTotalTokens", in: 2...2 * longestLength)
    lengths = try lengthsModel(reading: fields.required("lengths"))
    file = node.source.file
    try fields.finish()
    var random = SeededRandom(seed: 0, stream: "lengths")
    _ = try draw(from: &random)
  }

  /// Reads the recipe in a file.
  public init(contentsOf file: String) throws { try self.init(reading: ConfigNode(contentsOf: file)) }

  /// The lengths of one request. A recipe of which hardly any draw fits is an error.
  func draw(from random: inout SeededRandom) throws -> DrawnLengths {
    for _ in 0..<Self.draws {
      if let drawn = lengths.draw(upTo: Double(maxTotalTokens), from: &random) { return drawn }
    }
    throw InputError(
      .config, file: file, place: "maxTotalTokens",
      "\(Self.draws) requests in a row were longer than \(maxTotalTokens) tokens or shorter than one")
  }
}
