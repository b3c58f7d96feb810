import Base
import Traces

/// The trace that a user named: a recipe of the library, or a file.
public struct TraceChoice: Sendable {
  /// The recipe's name; of a file the path as it was given.
  public let name: String
  /// The lengths, and in some files the arrivals.
  public let trace: Workload.Trace
  /// The recipe's tree; nil for a file.
  public let recipe: ConfigNode?
  /// The file with its hash; none for a recipe.
  public let files: [RunDescription.File]

  /// The recipe that stands in this tree.
  public init(recipe tree: ConfigNode) throws {
    let recipe = try TraceRecipe(reading: tree)
    name = recipe.name
    self.recipe = tree
    trace = .recipe(recipe)
    files = []
  }

  /// The requests that a benchmark client sent, as its file has them.
  public init(replaying run: ClientRun, of path: String) throws {
    name = path
    recipe = nil
    trace = .listed(run.requests)
    files = [RunDescription.File(name: path, contentHash: try sha256(contentsOf: path))]
  }

  private init(file path: String) throws {
    name = path
    recipe = nil
    trace = .file(try TraceFile(path: path))
    files = [RunDescription.File(name: path, contentHash: try sha256(contentsOf: path))]
  }

  /// The recipe of this name or path, or else the trace file at a path.
  public init(_ name: String, in library: ConfigLibrary) throws {
    let recipes = library.names(of: .trace)
    if recipes.contains(name) || name.hasSuffix(".json") {
      try self.init(recipe: library.load(name, .trace))
      return
    }
    guard name.contains("/") || name.contains(".") || fileExists(name) else {
      throw InputError.unknown("trace", name, among: recipes, status: .noInput)
    }
    try self.init(file: name)
  }
}

extension ConfigLibrary {
  /// A deployment with everything it names put in its place, and with the recipe that it serves under `trace`, where
  /// overrides change it, too.
  public func resolve(
    _ name: String, serving trace: TraceChoice, overrides: [ConfigOverride] = []
  ) throws -> ConfigNode {
    var tree = try resolve(name, overrides: overrides.filter { !$0.keyPath.begins(with: "trace") })
    // Whoever reads the deployment refuses what is no object.
    if let recipe = trace.recipe, tree.members != nil { tree = try tree.setting("trace", to: recipe) }
    for override in overrides where override.keyPath.begins(with: "trace") {
      tree = try tree.setting(override.keyPath, to: override.value)
    }
    return tree
  }
}
