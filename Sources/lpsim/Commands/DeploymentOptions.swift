import ArgumentParser
import Base
import Results
import Sim

/// Which deployment, and what is changed in it.
struct DeploymentOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A deployment: a JSON file, or its name in a config folder.", valueName: "config"),
    completion: .file(extensions: ["json"]))
  var config: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      Change a key, such as policies.layered.maxGroups=8, gpu=h200-sxm-141gb, engine.experts[*].rereadShare=0.1 (every \
      item of the list; [0] is the first) or, of a trace's recipe, trace.lengths.prompt.median=8000. Repeat it for more.
      """,
      valueName: "key.path=value"))
  var overrides: [String] = []

  /// The deployment with everything it names in its place.
  func resolve(in library: ConfigLibrary, seed: Int? = nil) throws -> ConfigNode {
    try library.resolve(config, overrides: changes(seed: seed))
  }

  /// The same with the requests that it serves: of a recipe, the tree stands under `trace` and can be changed there.
  func resolve(
    in library: ConfigLibrary, serving name: String, seed: Int?
  ) throws -> (tree: ConfigNode, trace: TraceChoice) {
    // A missing deployment is said before a missing trace.
    _ = try library.path(of: config, .deployment)
    let trace = try TraceChoice(name, in: library)
    return (try library.resolve(config, serving: trace, overrides: changes(seed: seed)), trace)
  }

  private func changes(seed: Int?) throws -> [ConfigOverride] {
    try (overrides + (seed.map { ["seed=\($0)"] } ?? [])).map { try ConfigOverride(parsing: $0) }
  }
}

/// What the user wrote after `--policy`; the name of no policy is an error that names the nearest one.
func knownPolicy(_ written: String?) throws -> String? {
  let known = Sim.comparables.map(\.name)
  guard let written, !known.contains(written) else { return written }
  throw InputError.unknown("policy", written, among: known, status: .usage, file: "--policy")
}
