import Base

/// Which parameters are uncertain and how far, and over which wide limits break-even points are looked for:
/// `configs/sensitivity/*.json`.
public struct ParameterFile: Sendable {
  /// Uncertain parameters.
  public private(set) var parameters: [Parameter]
  /// Parameters, with limits that are wide on purpose, of which break-even points are looked for.
  public private(set) var breakEven: [Parameter]
  /// Keys that the deployment lacks and may lack.
  public let absent: [String]

  /// Reads a file for a deployment. A key that the deployment lacks is an error unless its entry says `ifPresent`.
  public init(reading node: ConfigNode, for tree: ConfigNode) throws {
    var fields = try ConfigFields(node)
    fields.ignore("description")
    var absent: [String] = []
    func read(_ list: ConfigNode) throws -> [Parameter] {
      try list.elements().compactMap { entry in
        let parameter = try Parameter(reading: entry)
        do {
          _ = try parameter.values(in: tree)
          return parameter
        } catch  where parameter.isOptional {
          if !absent.contains(parameter.key.description) { absent.append(parameter.key.description) }
          return nil
        }
      }
    }
    parameters = try read(fields.required("parameters"))
    breakEven = try read(fields.required("breakEven"))
    self.absent = absent
    try fields.finish()
  }

  /// Keeps only parameters with these keys; a key that the file lacks is an error that names the nearest one.
  public mutating func keep(only keys: [String], option: String) throws {
    let known = (parameters + breakEven).map(\.key.description)
    for key in keys where !known.contains(key) {
      throw InputError.unknown("parameter", key, among: known, status: .usage, file: option)
    }
    parameters.removeAll { !keys.contains($0.key.description) }
    breakEven.removeAll { !keys.contains($0.key.description) }
  }
}
