import Base
import Foundation
import GRDB
import TestSupport
import Testing

/// What `lpsim` says to wrong files, those it reads and those it is to write.
struct FileRefusalTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  @Test(arguments: [
    ("", "the file is empty; expected a trace"),
    ("arrival_ms,prompt_tokens,output_tokens\n", "no requests in it, only a header"),
    (
      "arrival_ms,prompt_tokens,output_tokens\n5,9,9\n4,9,9\n",
      "line 3: arrives before the request on line 2 — a trace is in the order of arrival"
    ),
    (
      "arrival_ms,prompt_tokens,output_tokens\n5,-9,9\n",
      "line 2, prompt_tokens: \"-9\" is out of range; expected 1…1000000000 tokens"
    ),
    (
      "arrival_ms,prompt_tokens,output_tokens\n5,9,0\n",
      "line 2, output_tokens: \"0\" is out of range; expected 1…1000000000 tokens"
    ),
    (
      "arrival_ms,prompt_tokens,output_tokens\n5,nine,9\n", "line 2, prompt_tokens: \"nine\" is not a whole number"
    ),
    ("arrival_ms,prompt_tokens,output_tokens\n5,9\n", "line 2: 2 columns; expected 3, as in the header"),
    ("a\u{0}b", "line 1: a NUL byte stands in it, so this is no text"),
  ])
  func aWrongTraceIsRefusedWithItsLine(_ text: String, _ problem: String) throws {
    try sandbox.write(text, to: "t.csv")
    let run = try sandbox.lpsim("run", paperConfig, "--trace", "t.csv")
    #expect(run == .refused(.data, "t.csv: \(problem)"))
    #expect(try sandbox.lpsim("trace", "t.csv") == run)
    #expect(try sandbox.contents() == ["t.csv"])
  }

  @Test func aTraceWithoutArrivalsNeedsARate() throws {
    try sandbox.write("num_prefill_tokens,num_decode_tokens\n9,9\n", to: "t.csv")
    #expect(
      try sandbox.lpsim("run", paperConfig, "--trace", "t.csv")
        == .refused(
          .usage, "the trace \"t.csv\" does not say when requests arrive; give a rate for the poisson arrivals"))
    #expect(try sandbox.lpsim("run", paperConfig, "--trace", "t.csv", "--rate", "2").status == 0)
  }

  @Test func moreRequestsThanTheFileHasAreRefused() throws {
    try sandbox.write("arrival_ms,prompt_tokens,output_tokens\n5,9,9\n", to: "t.csv")
    #expect(
      try sandbox.lpsim("run", paperConfig, "--trace", "t.csv", "--requests", "2")
        == .refused(
          .usage, "t.csv: asked for 2 requests, the file has 1 — without a number all of them are used"))
  }

  @Test(arguments: [
    ("", "the file is empty; expected a JSON object"),
    ("{\"name\": \"x\"", "line 2, column 1: not JSON: did not find expected ',' or '}'"),
    ("[]", "line 1, column 1: a list is not an object"),
    (
      "{\"extends\": \"defualt\"}", "line 1, column 13: extends: no base config \"defualt\" — did you mean \"default\"?"
    ),
    ("{\"extends\": \"default\"}", "line 1, column 1: the key \"name\" is missing"),
  ])
  func aWrongConfigIsRefused(_ text: String, _ problem: String) throws {
    try sandbox.write(text, to: "c.json")
    #expect(try sandbox.lpsim("run", "c.json", "--trace", "arxiv") == .refused(.config, "c.json: \(problem)"))
    #expect(try sandbox.contents() == ["c.json"])
  }

  @Test(arguments: [
    (
      "{\"extends\": \"qwen3-8\"}",
      "line 1, column 61: model.extends: no model \"qwen3-8\" — did you mean \"qwen3-8b\"?"
    ),
    (
      "{\"extends\": \"qwen3-8b\", \"hiden_size\": 1}",
      "line 1, column 87: model.hiden_size: unknown key \"hiden_size\" — did you mean \"hidden_size\"?"
    ),
  ])
  func aModelThatExtendsAnotherWronglyIsRefused(_ model: String, _ problem: String) throws {
    try sandbox.write("{\"name\": \"mine\", \"extends\": \"default\", \"model\": \(model)}", to: "c.json")
    #expect(try sandbox.lpsim("run", "c.json", "--trace", "arxiv") == .refused(.config, "c.json: \(problem)"))
  }

  @Test func aModelMayExtendAnother() throws {
    let engine = "\"gpu\": \"h100-sxm-80gb\", \"engine\": \"vllm-0.24-h100\""
    let model = "{\"extends\": \"qwen3-8b\", \"num_hidden_layers\": 12}"
    try sandbox.write("{\"name\": \"mine\", \"extends\": \"default\", \"model\": \(model), \(engine)}", to: "c.json")
    let shown = try sandbox.lpsim("show", "c.json", "--config-only", "--set", "policies.layered.maxGroups=12")
    #expect(shown.status == 0)
    #expect(shown.out.contains("\"num_hidden_layers\": 12") && shown.out.contains("\"hidden_size\": 4096"))
  }

  @Test(.enabled(if: geteuid() != 0, "root reads every file"))
  func anUnreadableFileIsRefused() throws {
    try sandbox.write("{}", to: "c.json")
    chmod(sandbox.path("c.json"), 0)
    #expect(
      try sandbox.lpsim("run", "c.json", "--trace", "arxiv")
        == .refused(.noInput, "c.json: cannot be read: Permission denied"))
  }

  @Test func aPlaceWhereNoDatabaseCanBeIsRefusedAndLeftAsItWas() throws {
    try sandbox.write("hello", to: "text.sqlite")
    try DatabaseQueue(path: sandbox.path("other.sqlite")).write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
    let before = try Data(contentsOf: URL(filePath: sandbox.path("other.sqlite")))
    let cases: [(String, InputError.Status, String)] = [
      ("text.sqlite", .data, "text.sqlite: is not a SQLite database — name another file with --out"),
      (
        "other.sqlite", .data,
        "other.sqlite: is a SQLite database, but not one of lpsim's results — name another file with --out"
      ),
      (
        "gone/a.sqlite", .cannotCreate,
        "gone/a.sqlite: cannot be created: there is no folder \"gone\" — make it with mkdir -p"
      ),
      (".", .cannotCreate, ".: is a folder; expected a results file"),
      ("", .usage, "the name of the results file is empty"),
    ]
    for (file, status, sentence) in cases {
      let run = try sandbox.lpsim("run", paperConfig, "--trace", "arxiv", "--requests", "3", "--out", file)
      #expect(run == .refused(status, sentence))
    }
    #expect(try Data(contentsOf: URL(filePath: sandbox.path("other.sqlite"))) == before)
    #expect(try sandbox.read("text.sqlite") == "hello")
    #expect(try sandbox.contents() == ["other.sqlite", "text.sqlite"])
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full here"))
  func aFullDiskIsSaid() throws {
    let list = try sandbox.shell("lpsim list models > /dev/full")
    #expect(list == .refused(.io, "standard output: cannot be written: No space left on device"))
    let convert = try sandbox.shell("lpsim trace arxiv --convert vidur > /dev/full")
    #expect(convert == list)
  }

  @Test(.enabled(if: tinyDisksCanBeMade(), "no disk can be mounted here"))
  func aDatabaseThatFillsTheDiskIsTakenBackAndEarlierRunsStay() throws {
    let words = "\(lpsimBinary) run \(paperConfig) --trace sharegpt --json --policy chunked --rate 40"
    let script = """
      mount -t tmpfs -o size=260k none . && cd "$PWD"
      \(words) --requests 700 --record iterations; echo "exit $?"; ls
      \(words) --requests 3 > first && echo "exit $?"
      \(words) --requests 700 --record iterations; echo "exit $?"; ls results
      """
    let run = try sandbox.run(sandbox.process(["-rm", "sh", "-c", script], binary: "/usr/bin/unshare"))
    let sentence =
      "lpsim: results/qwen3-30b.sqlite: the disk is full; the run was not stored — rows wait in SQLITE_TMPDIR "
      + "(or /var/tmp) until a run is finished\n"
    #expect(run.errors == sentence + sentence)
    #expect(run.out == "exit 74\nexit 0\nexit 74\nqwen3-30b.sqlite\n")
  }

  @Test func aConversionThatFailsLeavesNothing() throws {
    try sandbox.write("arrival_ms,prompt_tokens,output_tokens\n5,9,9\n5,9,x\n", to: "t.csv")
    #expect(
      try sandbox.lpsim("trace", "t.csv", "--convert", "vidur", "--out", "v.csv")
        == .refused(.data, "t.csv: line 3, output_tokens: \"x\" is not a whole number"))
    #expect(
      try sandbox.lpsim("trace", "arxiv", "--convert", "vidur", "--out", "gone/v.csv")
        == .refused(.cannotCreate, "gone/v.csv: cannot be made: No such file or directory"))
    #expect(try sandbox.contents() == ["t.csv"])
  }
}

/// Whether a disk of a few kilobytes can be mounted where only its own process sees it.
private func tinyDisksCanBeMade() -> Bool {
  let probe = Process()
  probe.executableURL = URL(filePath: "/usr/bin/unshare")
  probe.arguments = ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
  probe.standardError = FileHandle.nullDevice
  do { try probe.run() } catch { return false }
  probe.waitUntilExit()
  return probe.terminationStatus == 0
}
