import ArgumentParser
import Base

/// Which deployment, and what is changed in it.
struct DeploymentOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A deployment: a JSON file, or its name in a config folder.", valueName: "config"),
    completion: .file(extensions: ["json"]))
  var config: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Change a key, such as policies.layered.maxGroups=8 or gpu=h200-sxm-141gb. Repeat it for more.",
      valueName: "key.path=value"))
  var overrides: [String] = []

  /// The deployment with everything it names in its place.
  func resolve(in library: ConfigLibrary, seed: Int? = nil) throws -> ConfigNode {
    var overrides = try overrides.map { try ConfigOverride(parsing: $0) }
    if let seed { overrides.append(try ConfigOverride(parsing: "seed=\(seed)")) }
    return try library.resolve(config, overrides: overrides)
  }
}
