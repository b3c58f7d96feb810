import Base
import GRDB

extension RunStore {
  /// How many points of a sweep the file holds, and how many of them failed. A file that holds another sweep, or this one
  /// as another file or version of the program defines it, is an error.
  public func pointCount(of sweep: Sweep, programVersion: String) throws -> (all: Int, failed: Int) {
    try FilePlace(path: path).explaining {
      try connect().read { db in
        if let row = try Row.fetchOne(db, sql: "SELECT definition, program_version FROM sweep") {
          guard row["definition"] == sweep.definition, row["program_version"] == programVersion else {
            throw InputError(
              .data, file: path, "holds another sweep than \"\(sweep.name)\" as it is now",
              hint: "name another file with --out")
          }
        }
        let counts = try Row.fetchOne(db, sql: "SELECT count(*), count(error) FROM point")
        return (counts?[0] ?? 0, counts?[1] ?? 0)
      }
    }
  }
}
