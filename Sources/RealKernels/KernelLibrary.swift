import Base
import CKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A kernel library in memory: what `lpk.h` promises, found, loaded and checked. It is never unloaded, since threads of
/// the libraries under it may still run its code.
public struct KernelLibrary {
  /// Which machine its kernels run on.
  public let backend: KernelBackend
  /// The file it was loaded from.
  public let path: String
  let api: UnsafePointer<lpk_api>

  /// The library of a backend, from the first folder that has it.
  public init(_ backend: KernelBackend, in folders: [String]) throws {
    let paths = folders.map { "\($0)/\(backend.libraryName)" }
    guard let path = paths.first(where: fileExists) else {
      throw InputError(
        .unavailable, "the \(backend.title) kernels are not built: no \(backend.libraryName) in \(listed(folders))",
        hint: backend.howToBuild)
    }
    try self.init(backend, at: path)
  }

  /// The library of a backend, from where it is looked for.
  public init(_ backend: KernelBackend) throws { try self.init(backend, in: Self.searchedFolders()) }

  /// The library in one file.
  public init(_ backend: KernelBackend, at path: String) throws {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw InputError(.unavailable, file: path, "cannot be loaded: \(Self.dlSentence())", hint: backend.howToBuild)
    }
    self.backend = backend
    self.path = path
    api = try Self.functions(handle, backend, path)
    let found = String(cString: api.pointee.backend)
    guard found == backend.rawValue else {
      throw InputError(
        .unavailable, file: path, "has the \"\(found)\" kernels, not the \"\(backend.rawValue)\" ones",
        hint: backend.howToBuild)
    }
  }

  private static func functions(
    _ handle: UnsafeMutableRawPointer, _ backend: KernelBackend, _ path: String
  ) throws -> UnsafePointer<lpk_api> {
    guard let version = dlsym(handle, "lpk_abi_version") else {
      throw InputError(
        .unavailable, file: path, "is no kernel library: it has no lpk_abi_version", hint: backend.howToBuild)
    }
    let spoken = unsafeBitCast(version, to: lpk_abi_version_function.self)()
    guard spoken == LPK_ABI_VERSION else {
      throw InputError(
        .unavailable, file: path,
        "speaks version \(spoken) of the kernel interface; this lpsim speaks version \(LPK_ABI_VERSION)",
        hint: backend.howToBuild)
    }
    guard let symbol = dlsym(handle, "lpk_functions"),
      let api = unsafeBitCast(symbol, to: lpk_functions_function.self)()
    else {
      throw InputError(
        .unavailable, file: path, "is no kernel library: it has no lpk_functions", hint: backend.howToBuild)
    }
    return api
  }

  private static func dlSentence() -> String {
    guard let text = dlerror() else { return "the loader does not say why" }
    return String(cString: text)
  }
}

extension KernelLibrary {
  /// The folders in which libraries are looked for: the one named by `LPSIM_KERNEL_PATH` and no other if it is set;
  /// otherwise the program's own, and `kernels` in the `.build` folder above it or in the current folder.
  public static func searchedFolders() -> [String] {
    if let named = getenv("LPSIM_KERNEL_PATH"), named.pointee != 0 { return [String(cString: named)] }
    var folders = [String]()
    if let folder = programFolder() {
      folders.append(folder)
      let parts = folder.split(separator: "/", omittingEmptySubsequences: false)
      if let build = parts.lastIndex(of: ".build") {
        folders.append(parts[...build].joined(separator: "/") + "/kernels")
      }
    }
    if !folders.contains(where: { $0.hasSuffix(".build/kernels") }) { folders.append(".build/kernels") }
    return folders
  }

  private static func programFolder() -> String? {
    guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(resolved) }
    let path = String(cString: resolved)
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return String(path[..<slash])
  }
}

/// `a`, `a or b`, `a, b or c`.
private func listed(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "no folder" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
