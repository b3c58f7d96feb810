import Base
import Foundation
import GRDB
import TestSupport
import Testing

/// What docs/data.md asks of a database, run on the one it speaks of.
struct DataDocumentTests {
  private let sandbox: Sandbox
  private let document: String

  init() throws {
    sandbox = try Sandbox()
    document = try readTextFile(projectFile("docs/data.md"))
    let run = try sandbox.shell(try #require(Self.blocks("sh", of: document).first))
    #expect(run.errors == "saved in results/qwen3-30b.sqlite\n")
  }

  /// The blocks of code in a language.
  private static func blocks(_ language: String, of document: String) -> [String] {
    document.split(separator: "\n```\(language)\n").dropFirst().compactMap { rest in
      rest.firstRange(of: "\n```").map { String(rest[..<$0.lowerBound]) }
    }
  }

  @Test func fiveQueriesFindSomething() throws {
    let queries = Self.blocks("sql", of: document)
    #expect(queries.count == 5)
    try DatabaseQueue(path: sandbox.path("results/qwen3-30b.sqlite")).read { db in
      for query in queries {
        let rows = try Row.fetchAll(db, sql: query)
        #expect(rows.count >= 4, "\(query)")
        for column in rows[0].columnNames {
          #expect(rows.contains { ($0[column] as DatabaseValue).isNull == false }, "\(column)")
        }
      }
    }
  }

  @Test(.enabled(if: hasPandas, "python3 has no pandas"))
  func thePandasSessionRuns() throws {
    try sandbox.write(try #require(Self.blocks("python", of: document).first), to: "session.py")
    let session = try sandbox.shell("python3 session.py")
    #expect(session.status == 0 && session.errors == "", "\(session)")
    #expect(session.out.split(separator: "\n").count > 15)
  }
}

/// Whether the python3 that the shell finds can read a database into pandas.
private let hasPandas: Bool = {
  let python = Process()
  python.executableURL = URL(filePath: "/bin/sh")
  python.arguments = ["-c", "python3 -c 'import pandas, sqlite3' 2>/dev/null"]
  do { try python.run() } catch { return false }
  python.waitUntilExit()
  return python.terminationStatus == 0
}()
