/// What the user gave us is wrong: one clear sentence with file, place, what was found, what was expected.
public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// How the program leaves, in the sense of BSD's sysexits.h.
  public enum Status: Int32, Hashable, Sendable {
    /// The command line was wrong.
    case usage = 64
    /// The data of an input file were wrong.
    case data = 65
    /// An input file is missing or cannot be read.
    case noInput = 66
    /// Something that was asked for is not available here.
    case unavailable = 69
    /// A policy or the program itself broke a rule.
    case software = 70
    /// An output file cannot be made.
    case cannotCreate = 73
    /// Reading or writing failed midway, as on a full disk.
    case io = 74
    /// A configuration file says something impossible.
    case config = 78
  }

  /// How the program should leave.
  public var status: Status
  /// The file (or `--option`) the user should look at; empty where there is none.
  public var file: String
  /// Where in the file: `line 17, column 3`, a key path, or both; empty where there is none.
  public var place: String
  /// What was found and what was expected, a sentence without its full stop.
  public var problem: String
  /// What to do, such as `did you mean "layered"?`; empty where there is none.
  public var hint: String

  /// An error at a place in a file.
  public init(_ status: Status, file: String = "", place: String = "", _ problem: String, hint: String = "") {
    self.status = status
    self.file = file
    self.place = place
    self.problem = problem
    self.hint = hint
  }

  /// The whole sentence: `file: place: problem — hint`.
  public var description: String {
    let head = [file, place, problem].filter { !$0.isEmpty }.joined(separator: ": ")
    return hint.isEmpty ? head : "\(head) — \(hint)"
  }
}

extension InputError {
  /// No such name among the known ones: `no policy "layerd" — did you mean "layered"?`.
  /// Without a near word, all known ones are listed.
  public static func unknown(
    _ kind: String, _ name: String, among known: [String], status: Status = .config, file: String = "",
    place: String = ""
  ) -> InputError {
    let hint =
      nearestWord(to: name, among: known).map { "did you mean \"\($0)\"?" }
      ?? "known: \(known.joined(separator: ", "))"
    return InputError(status, file: file, place: place, "no \(kind) \"\(name)\"", hint: hint)
  }
}
