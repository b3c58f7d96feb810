import Base

/// The package's own folder, found from where this file stands.
private let packageFolder: String = {
  var parts = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
  parts.removeLast(3)
  return parts.joined(separator: "/")
}()

/// The path of a file of this package, such as `configs/gpus/h100-sxm-80gb.json`.
public func projectFile(_ path: String) -> String { "\(packageFolder)/\(path)" }

/// The path of a file in the folder `shared` beside the package, which is not part of it and may be absent.
public func sharedFile(_ path: String) -> String { "\(packageFolder)/../shared/\(path)" }

/// The configuration in a file of this package.
public func projectConfig(_ path: String) throws -> ConfigNode { try ConfigNode(contentsOf: projectFile(path)) }
