#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The text of a file, UTF-8; a missing or unreadable file is an ``InputError``.
public func readTextFile(_ path: String) throws -> String {
  guard let file = fopen(path, "rb") else { throw unreadable(path) }
  defer { fclose(file) }
  var bytes = [UInt8]()
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { break }
    bytes += chunk[..<count]
  }
  guard ferror(file) == 0 else { throw unreadable(path) }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw InputError(.data, file: path, "not UTF-8 text")
  }
  return text
}

/// What the operating system just refused about reading a file.
public func unreadable(_ path: String) -> InputError {
  InputError(.noInput, file: path, "cannot be read: \(String(cString: strerror(errno)))")
}

/// Whether a file (or, if asked for, a folder) stands at a path.
public func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The names in a folder that end in `suffix`, without it, sorted; none if there is no such folder.
public func names(in folder: String, endingIn suffix: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var found = [String]()
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
    }
    if name.hasSuffix(suffix), name.count > suffix.count { found.append(String(name.dropLast(suffix.count))) }
  }
  return found.sorted()
}

/// Makes a folder where there is none.
public func makeFolder(_ path: String) throws {
  guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
    throw InputError(.cannotCreate, file: path, "cannot be made: \(String(cString: strerror(errno)))")
  }
}
