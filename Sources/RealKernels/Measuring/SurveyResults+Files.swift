import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension SurveyResults {
  /// The files of a survey by name: a table of each kind that was measured, all single times, and the machine.
  public var files: [(name: String, text: String)] {
    let filled = SurveyTable.all.map { ($0, rows(of: $0)) }.filter { !$0.1.isEmpty }
    return filled.map { ($0.file, text($0, $1)) } + [("machine.json", machineJSON)]
  }

  /// Writes the files into a folder, which is made if there is none; tables of an earlier survey go. A file appears when
  /// it is whole.
  public func write(to folder: String) throws {
    try makeFolder(folder)
    let files = files
    for table in SurveyTable.all where !files.contains(where: { $0.name == table.file }) {
      unlink("\(folder)/\(table.file)")
    }
    for file in files { try writeWhole(file.text, to: "\(folder)/\(file.name)") }
  }

  /// The rows of a table in the order of the plan.
  func rows(of table: SurveyTable) -> [[String]] {
    if table == .samples { return sampleRows }
    if table == .energy {
      let idle = idlePower.map { [["idle", "\($0.value)", "", "", "", "", ""]] } ?? []
      return idle + energies.map(\.row)
    }
    let used = slowness.used
    let measured = measurements.filter { $0.point.table == table }.compactMap { one in
      one.spread(in: used).map { one.point.row($0, on: machine) }
    }
    guard table == .ceilings, !measured.isEmpty else { return measured }
    let memory = "\(machine.memory.value)"
    return measured + [["memory", memory, "bytes", "1", memory, memory]]
  }

  private var sampleRows: [[String]] {
    measurements.flatMap { one in
      one.passes.flatMap { pass in
        pass.times.map { [one.point.label, String(pass.number), microseconds($0.value)] }
      }
    }
  }

  private func text(_ table: SurveyTable, _ rows: [[String]]) -> String {
    for row in rows { precondition(row.count == table.columns.count, "\(table.file) has a row of other columns") }
    return ([table.columns] + rows).map { $0.map(cell).joined(separator: ",") + "\n" }.joined()
  }
}

extension SurveyResults {
  /// Everything but the tables, as JSON.
  var machineJSON: String {
    var lines = [
      ("backend", jsonString(machine.backend.rawValue)), ("machine", jsonString(machine.name)),
      ("date", jsonString(machine.date)), ("versions", jsonString(machine.versions)),
      ("interface", jsonString(machine.engineVersion)), ("processors", "\(machine.processors)"),
      ("activationType", jsonString(machine.activationType)), ("memoryBytes", "\(machine.memory.value)"),
      ("lastLevelCacheBytes", machine.lastLevelCache.map { "\($0.value)" } ?? "null"), ("seed", "\(machine.seed)"),
      ("environment", jsonObject(machine.environment.map { ($0.name, jsonString($0.value)) })),
      ("budgetSeconds", "\(limits.budget.value)"), ("finishedPasses", "\(finishedPasses)"),
      ("checkedAgainstReference", list(proven)),
      ("failedCheck", jsonObject(failed.map { ($0.name, jsonString($0.why)) })), ("leftOutForTime", list(leftOut)),
    ]
    let slowness = slowness
    lines.append(("slownessOfPasses", "\(slowness.factors)"))
    lines.append(("usedPasses", "\(slowness.used)"))
    if let unmetered { lines.append(("energyNotMeasured", jsonString(unmetered))) }
    if let drift { lines.append(("drift", drift.json)) }
    return "{\n" + lines.map { "  \(jsonString($0)): \($1)" }.joined(separator: ",\n") + "\n}\n"
  }

  private func list(_ texts: [String]) -> String { "[" + texts.map(jsonString).joined(separator: ", ") + "]" }
}

extension SurveyDrift {
  /// All of it as JSON.
  var json: String {
    jsonObject([
      ("lastOverFirstPassMedian", "\(median)"), ("lastOverFirstPassMost", object([most])),
      ("lastOverFirstPassCeilings", object(ceilings)), ("quartileDistanceOverMedian", "\(spread)"),
      ("quartileDistanceWidest", object([widest])),
    ])
  }

  private func object(_ named: [Named]) -> String { jsonObject(named.map { ($0.label, "\($0.value)") }) }
}

/// A JSON object of texts that are JSON themselves.
private func jsonObject(_ members: [(String, String)]) -> String {
  "{" + members.map { "\(jsonString($0)): \($1)" }.joined(separator: ", ") + "}"
}

/// Writes a file that appears when it is whole.
private func writeWhole(_ text: String, to path: String) throws {
  func failure(_ status: InputError.Status, _ what: String) -> InputError {
    InputError(status, file: path, "cannot be \(what): \(String(cString: strerror(errno)))")
  }
  let partial = path + ".partial"
  guard let file = fopen(partial, "wb") else { throw failure(.cannotCreate, "made") }
  let bytes = Array(text.utf8)
  let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
  guard fclose(file) == 0, isWritten else { throw failure(.io, "written") }
  guard rename(partial, path) == 0 else { throw failure(.io, "written") }
}
