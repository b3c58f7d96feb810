import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ConfigLibrary {
  /// The search path of this process: LPSIM_CONFIG_PATH, ./configs, and what lies next to the binary or above it
  /// (`configs`, or `share/lpsim/configs` after `make install`).
  static func standard() -> ConfigLibrary {
    let asked = environment("LPSIM_CONFIG_PATH").map { $0.split(separator: ":").map(String.init) } ?? []
    var roots = ["configs"]
    var folder = parent(of: executablePath())
    while !folder.isEmpty {
      roots.append("\(folder)/configs")
      roots.append("\(folder)/share/lpsim/configs")
      folder = parent(of: folder)
    }
    var seen: [String] = []
    // A folder that was asked for may hold anything; one that was found must look like ours.
    for root in asked + roots.filter({ fileExists("\($0)/bases") }) {
      if !seen.contains(where: { isSameFolder($0, root) }) { seen.append(root) }
    }
    return ConfigLibrary(roots: seen)
  }
}

/// What a variable of the environment says.
func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// This program's file; empty where the system does not say.
func executablePath() -> String {
  var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
  let isResolved = realpath("/proc/self/exe", &buffer) != nil || realpath(CommandLine.arguments[0], &buffer) != nil
  return isResolved ? String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
}

/// The folder that a path lies in, as far as the path says.
func parent(of path: String) -> String {
  path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
}

private func isSameFolder(_ left: String, _ right: String) -> Bool {
  var first = stat()
  var second = stat()
  guard stat(left, &first) == 0, stat(right, &second) == 0 else { return false }
  return first.st_ino == second.st_ino && first.st_dev == second.st_dev
}
