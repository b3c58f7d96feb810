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
  /// What prompts begin with before the tokens that ``lengths`` gives them; nil where nothing is shared.
  public let prefixes: RepeatedPrefixes?
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
    let maxTotalTokens = try fields.integer("maxTotalTokens", in: 2...2 * longestLength)
    self.maxTotalTokens = maxTotalTokens
    lengths = try lengthsModel(reading: fields.required("lengths"))
    prefixes = try fields.optional("prefixes").map {
      try RepeatedPrefixes(reading: $0, maxTotalTokens: maxTotalTokens)
    }
    file = node.source.file
    try fields.finish()
    var random = SeededRandom(seed: 0, stream: "lengths")
    _ = try draw(from: &random)
  }

  /// Reads the recipe in a file.
  public init(contentsOf file: String) throws { try self.init(reading: ConfigNode(contentsOf: file)) }

  /// The lengths of one request, its prefix not counted. A recipe of which hardly any draw fits is an error.
  func draw(from random: inout SeededRandom) throws -> DrawnLengths {
    let most = maxTotalTokens - (prefixes?.tokens ?? 0)
    for _ in 0..<Self.draws {
      if let drawn = lengths.draw(upTo: Double(most), from: &random) { return drawn }
    }
    let behind = prefixes.map { " behind a prefix of \($0.tokens)" } ?? ""
    throw InputError(
      .config, file: file, place: "maxTotalTokens",
      "\(Self.draws) requests in a row were longer than \(most) tokens\(behind) or shorter than one")
  }
}
