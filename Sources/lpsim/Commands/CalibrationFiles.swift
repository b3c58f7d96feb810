import Base

/// Where the parts of a calibration are written: the profile where it was asked for, everything else beside it.
struct CalibrationFiles {
  /// The profile.
  let profile: String
  /// The folder of the raw measurements.
  let folder: String

  /// The files of a profile.
  init(profile: String) throws {
    guard profile.hasSuffix(".json") else {
      throw InputError(.usage, file: "--out", "\"\(profile)\" does not end in .json, as the name of a profile does")
    }
    self.profile = profile
    folder = String(profile.dropLast(".json".count))
  }

  /// The profile's name.
  var name: String { lastPart(of: folder) }
  /// The picture.
  var picture: String { "\(folder).svg" }

  /// The data sheet of a machine that has none yet: in `gpus` beside the `engines` that the profile is in, as the folders
  /// of a config library lie; otherwise among the measurements.
  var dataSheet: String { library.map { "\($0)gpus/\(name).json" } ?? "\(folder)/gpu.json" }

  /// The config library that the profile becomes a part of, if it is put into one, with its last slash.
  private var library: String? {
    let engines = parent(of: profile)
    return lastPart(of: engines) == "engines" ? String(engines.dropLast("engines".count)) : nil
  }

  /// What `--set` takes for one of these files: the name where it is found by it, otherwise the path.
  func reference(to file: String, in searched: ConfigLibrary) -> String {
    searched.roots.contains { "\($0)/" == library } ? name : file
  }

  /// Makes the folders, so that what cannot be written is known before anything is measured.
  func makeFolders() throws {
    try makeFolder(folder)
    try makeFolder(parent(of: dataSheet))
  }

  /// The tables that a calibration reads, in the order in which a shell lists them.
  var tables: [String] { names(in: folder, endingIn: ".csv").map { "\(folder)/\($0).csv" } }
}

/// What stands after the last slash of a path.
func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
