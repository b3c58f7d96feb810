/// Where configuration files are found by name: the folders of a search path, each laid out as `configs/` is, with
/// deployments at the top and models, GPUs, engine profiles, traces and bases in folders of their own.
public struct ConfigLibrary: Sendable {
  /// A kind of configuration file: its folder, and the word for it in messages.
  public struct Kind: Hashable, Sendable {
    /// The folder below a root; empty for the root itself.
    public var folder: String
    /// What one of them is called.
    public var noun: String

    /// Deployments, at the top.
    public static let deployment = Kind(folder: "", noun: "config")
    /// What deployments extend.
    public static let base = Kind(folder: "bases", noun: "base config")
    /// Models, in Hugging Face's keys.
    public static let model = Kind(folder: "models", noun: "model")
    /// GPUs.
    public static let gpu = Kind(folder: "gpus", noun: "GPU")
    /// Engine profiles.
    public static let engine = Kind(folder: "engines", noun: "engine profile")
    /// Recipes of requests.
    public static let trace = Kind(folder: "traces", noun: "trace")
    /// Uncertain parameters and their ranges.
    public static let sensitivity = Kind(folder: "sensitivity", noun: "parameter file")
    /// Sweeps over deployments.
    public static let sweep = Kind(folder: "sweeps", noun: "sweep")
    /// Measurements that others published.
    public static let reference = Kind(folder: "references", noun: "reference")
  }

  /// The folders, most important first.
  public let roots: [String]
  private let files = ConfigFiles()

  /// A library of these folders; those that do not exist count as empty.
  public init(roots: [String]) { self.roots = roots }

  /// The names of all files of a kind, sorted, without duplicates.
  public func names(of kind: Kind) -> [String] {
    var found: [String] = []
    for name in roots.flatMap({ Base.names(in: folder(of: kind, in: $0), endingIn: ".json") }).sorted()
    where found.last != name {
      found.append(name)
    }
    return found
  }

  /// The path of a file by name, or of any JSON file by its path.
  /// - Parameter asker: what named it, for the message if there is no such file.
  public func path(of name: String, _ kind: Kind, asker: ConfigNode? = nil) throws -> String {
    if name.contains("/") || name.hasSuffix(".json") {
      if fileExists(name) { return name }
    }
    let inLibrary = "\(name.hasPrefix("configs/") ? String(name.dropFirst("configs/".count)) : name)"
    let file = inLibrary.hasSuffix(".json") ? inLibrary : "\(inLibrary).json"
    for root in roots where fileExists("\(folder(of: kind, in: root))/\(file)") {
      return "\(folder(of: kind, in: root))/\(file)"
    }
    var error = InputError.unknown(
      kind.noun, name, among: names(of: kind), status: asker == nil ? .noInput : .config)
    if name.contains("/") {
      let stem = file.split(separator: "/").last?.dropLast(".json".count) ?? ""
      let nearest = nearestWord(to: String(stem), among: names(of: kind))
      error.problem = "no file \"\(name)\""
      error.hint = nearest.map { "did you mean the \(kind.noun) \"\($0)\"?" } ?? ""
    }
    if let asker { (error.file, error.place) = (asker.source.file, asker.error("").place) }
    if names(of: kind).isEmpty { error.hint = "no config folder was found; set LPSIM_CONFIG_PATH" }
    throw error
  }

  /// The tree of a file by name or path. A model, GPU or engine profile that `extends` another has what that one says and
  /// it does not.
  public func load(_ name: String, _ kind: Kind, asker: ConfigNode? = nil) throws -> ConfigNode {
    let tree = try files.tree(of: path(of: name, kind, asker: asker))
    return [.model, .gpu, .engine].contains(kind) ? try extended(tree, from: kind) : tree
  }

  private func folder(of kind: Kind, in root: String) -> String {
    kind.folder.isEmpty ? root : "\(root)/\(kind.folder)"
  }
}

/// One `--set key.path=value`.
public struct ConfigOverride: Sendable {
  /// The key path, such as `policies.layered.maxGroups` or `engine.experts[*].rereadShare`.
  public let keyPath: ConfigPath
  /// The new value.
  public let value: ConfigNode

  /// A key path and its new value.
  public init(_ keyPath: String, to value: ConfigNode) throws {
    self.keyPath = try ConfigPath(keyPath, writtenIn: value)
    self.value = value
  }

  /// Reads `key.path=value`; the value is JSON where it looks like it, otherwise a string.
  public init(parsing text: String) throws {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw InputError(.usage, file: "--set", "\"\(text)\" is not key.path=value")
    }
    let option = ConfigNode(.null, source: ConfigNode.Source(file: "--set"))
    keyPath = try ConfigPath(String(text[..<equals]), writtenIn: option)
    var value = try ConfigNode(argument: String(text[text.index(after: equals)...]), option: "--set \(keyPath)")
    // A value of one word is found by its key; only inside longer JSON do line and column help.
    if value.isScalar { value.source = option.source }
    self.value = value
  }
}

extension ConfigLibrary {
  /// A deployment with everything it names put in its place: first whole values that are set, then the bases that it
  /// extends, then the files of its model, GPU and engine, then what is set inside these. Each of the three is a name, or
  /// an object that `extends` a name and says what is different. A model that says nothing of how its experts are
  /// chosen, as any from Hugging Face, is given what the base `routing` assumes.
  public func resolve(_ name: String, overrides: [ConfigOverride] = []) throws -> ConfigNode {
    var tree = try load(name, .deployment)
    for override in overrides where !override.keyPath.isInside {
      tree = try tree.setting(override.keyPath, to: override.value)
    }
    tree = try extended(tree, from: .base)
    for (key, kind) in [("model", Kind.model), ("gpu", .gpu), ("engine", .engine)] {
      guard let part = tree.member(key) else { continue }
      if case .string(let name) = part.value {
        tree = try tree.setting(key, to: load(name, kind, asker: part))
      } else {
        tree = try tree.setting(key, to: extended(part, from: kind))
      }
    }
    if let model = tree.member("model") { tree = try tree.setting("model", to: assumingRouting(model)) }
    for override in overrides where override.keyPath.isInside {
      tree = try tree.setting(override.keyPath, to: override.value)
    }
    return tree
  }

  /// A model that says nothing of how its experts are chosen, with what the base `routing` assumes; any other as it is.
  public func assumingRouting(_ model: ConfigNode) throws -> ConfigNode {
    guard model.members != nil, model.member("lpsim")?.member("routing") == nil else { return model }
    let assumed = try load("routing", .base).member("lpsim")?.member("routing")
    return try assumed.map { try model.setting("lpsim.routing", to: $0) } ?? model
  }

  /// The file that another extends; a deployment extends a base or another deployment.
  private func extendedPath(of name: String, _ kind: Kind, asker: ConfigNode) throws -> String {
    do {
      return try path(of: name, kind, asker: asker)
    } catch {
      guard kind == .base, names(of: .deployment).contains(name) else { throw error }
      return try path(of: name, .deployment, asker: asker)
    }
  }

  private func extended(_ tree: ConfigNode, from kind: Kind, depth: Int = 0) throws -> ConfigNode {
    guard let base = tree.member("extends") else { return tree }
    guard depth < 8 else { throw base.error("the bases extend each other without end") }
    let file = try files.tree(of: extendedPath(of: base.string(), kind, asker: base))
    let below = try extended(file, from: kind, depth: depth + 1)
    var whole = tree.completed(from: below).removing("extends")
    // A model is that file with something set from outside: other people's keys are allowed there and not here.
    if kind == .model { whole.source = below.source }
    return whole
  }
}

extension ConfigNode {
  /// This object without a key.
  public func removing(_ key: String) -> ConfigNode {
    ConfigNode(.object((members ?? []).filter { $0.key != key }), source: source, path: path)
  }
}
