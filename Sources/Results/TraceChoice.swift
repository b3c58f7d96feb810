import Base
import Traces

/// The trace that a user named: a recipe of the library, or a file.
public struct TraceChoice: Sendable {
  /// As it was named.
  public let name: String
  /// The lengths, and in some files the arrivals.
  public let trace: Workload.Trace
  /// The recipe's tree; nil for a file.
  public let recipe: ConfigNode?
  /// The file with its hash; none for a recipe.
  public let files: [RunDescription.File]

  /// The recipe of this name or path, or else the trace file at a path.
  public init(_ name: String, in library: ConfigLibrary) throws {
    self.name = name
    let recipes = library.names(of: .trace)
    if recipes.contains(name) || name.hasSuffix(".json") {
      let tree = try library.load(name, .trace)
      recipe = tree
      trace = .recipe(try TraceRecipe(reading: tree))
      files = []
      return
    }
    guard name.contains("/") || name.contains(".") || fileExists(name) else {
      throw InputError.unknown("trace", name, among: recipes, status: .noInput)
    }
    recipe = nil
    trace = .file(try TraceFile(path: name))
    files = [RunDescription.File(name: name, contentHash: try sha256(contentsOf: name))]
  }
}
