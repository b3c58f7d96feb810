import Base
import GRDB
import TestSupport
import Testing

@testable import Results
@testable import Sim

@Suite struct RunStoreTests {
  private let scratch: Scratch
  private let path: String

  init() throws {
    scratch = try Scratch()
    path = scratch.path("runs.sqlite")
  }

  @Test func aResultsFileIsStrictAndWritesAhead() throws {
    _ = try RunStore(path: path)
    #expect(try rows(path, "PRAGMA journal_mode") == ["wal"])
    #expect(try rows(path, "PRAGMA user_version") == ["5"])
    #expect(try rows(path, "PRAGMA application_id") == ["1819308909"])
    let tables = try rows(
      path, "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    #expect(
      tables == ["emission|1", "iteration|1", "metric|1", "point|1", "quantile|1", "request|1", "run|1", "sweep|1"])
    let others = try rows(path, "SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'index') AND sql <> ''")
    #expect(
      others == [
        "index|request_by_arrival", "view|v_comparison", "view|v_slo", "index|point_by_run", "view|v_point",
      ])
  }

  @Test func aRunKeepsItsDescription() throws {
    try RunStore(path: path).store(describe("layered", index: 1))
    let hash = describe("layered").configHash
    let expected = """
      1|\(hash)|layered|1|tiny|arxiv|1.3|7|10000.0|125.0|2|{"seed":7}|{"models/tiny.json": "00ff"}|0.1.0
      """
    #expect(try rows(path, "SELECT * FROM run") == [expected])
  }

  @Test func aRequestKeepsItsTimesInMilliseconds() throws {
    var single = servedRequest(2)
    single.outputTokens = 1
    single.cacheArrival = nil
    var rejected = servedRequest(1)
    rejected.outcome = .rejectedTooLong
    rejected.emissions = []
    rejected.cacheArrival = nil
    try RunStore(path: path).store(describe("chunked"), requests: [servedRequest(), single, rejected])
    #expect(
      try rows(path, "SELECT * FROM request") == [
        "1|0|completed|1000.0|1500.0|2000.0|2300.0|100|3|1000.0|150.0|1300.0|200.0|1|4|2050.0|64",
        "1|1|rejected_too_long|1000.0|NULL|NULL|NULL|100|3|NULL|NULL|NULL|NULL|1|4|NULL|64",
        "1|2|completed|1000.0|1500.0|2000.0|2300.0|100|1|1000.0|NULL|1300.0|NULL|1|4|NULL|64",
      ])
    #expect(try rows(path, "SELECT * FROM emission") == ["1|0|4|7|7", "1|0|6|9|10", "1|2|4|7|7", "1|2|6|9|10"])
  }

  @Test func anIterationKeepsItsWork() throws {
    try RunStore(path: path).store(
      describe("chunked"), iterations: [iteration(), iteration(1, prefillLayers: 0..<0)])
    let work =
      "13|14|15|5000000000000.0|1000000000.0|2000000000.0|3000000000.0|4000000000.0|5000000000.0|6000000000.0|280.0"
    #expect(
      try rows(path, "SELECT * FROM iteration") == [
        "1|3|0|1000.0|5000.0|3000.0|11|2|1200|12|23|" + work,
        "1|3|1|1000.0|5000.0|3000.0|11|2|1200|NULL|NULL|" + work,
      ])
  }

  @Test func moreRecordsThanABatchAllArriveInOrder() throws {
    let requests = (0..<3000).map { servedRequest(($0 * 7) % 3000) }
    try RunStore(path: path).store(
      describe("chunked"), requests: requests, iterations: (0..<2500).map { iteration($0) })
    #expect(try rows(path, "SELECT count(*), min(id), max(id) FROM request") == ["3000|0|2999"])
    #expect(try rows(path, "SELECT count(*), min(idx), max(idx) FROM iteration") == ["2500|0|2499"])
    #expect(try rows(path, "SELECT count(*) FROM emission") == ["6000"])
  }

  @Test func metricRowsFollowTheCatalogue() throws {
    var summary = roundSummary()
    summary.timePerOutputToken = Distribution()
    let store = try RunStore(path: path)
    try store.store(describe("chunked"), summary: summary)
    let values = RunResult(describe("chunked"), summary).values
    let expected = zip(Metric.all, values).map { metric, value in
      "1|\(metric.name)|\(metric.unit.rawValue)|" + (value.map { "\($0)" } ?? "NULL")
    }
    #expect(try rows(path, "SELECT * FROM metric ORDER BY rowid") == expected)
  }

  @Test func aRunThatIsNotFinishedLeavesNothing() throws {
    let store = try RunStore(path: path)
    try store.store(describe("chunked"), requests: [servedRequest()])
    do {
      let abandoned = try store.begin(describe("layered"), detail: .requests)
      for number in 0..<2000 { try abandoned.record(servedRequest(number)) }
    }
    #expect(try rows(path, "SELECT policy FROM run") == ["chunked"])
    #expect(try rows(path, "SELECT count(*) FROM request") == ["1"])
    #expect(try scratch.contents() == ["runs.sqlite"])
  }

  @Test func aRunThatFailsWhileItIsStoredIsRolledBackWhole() throws {
    let store = try RunStore(path: path)
    try store.store(describe("chunked"), requests: [servedRequest()])
    let again = try store.begin(describe("chunked"), detail: .requests)
    try again.record(servedRequest(5))
    try again.connection.writeWithoutTransaction {
      try $0.execute(
        sql: """
          CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.metric WHEN NEW.name = 'energy_j'
          BEGIN SELECT raise(ABORT, 'refused by the test'); END
          """)
    }
    #expect(message { try again.finish(roundSummary()) } == "\(path): SQLite says: refused by the test")
    #expect(try rows(path, "SELECT run, id FROM request") == ["1|0"])
    #expect(try rows(path, "SELECT count(*) FROM metric") == ["\(Metric.all.count)"])
  }

  @Test func simulatingAgainReplacesTheEarlierRun() throws {
    let store = try RunStore(path: path)
    try store.store(describe("chunked"), requests: [servedRequest(), servedRequest(1)])
    try store.store(describe("layered"), requests: [servedRequest()])
    let before = try rows(path, "SELECT * FROM metric ORDER BY run, name")
    try store.store(describe("chunked"), requests: [servedRequest(9)])
    #expect(try rows(path, "SELECT id, policy FROM run ORDER BY id") == ["1|chunked", "2|layered"])
    #expect(try rows(path, "SELECT run, id FROM request ORDER BY run, id") == ["1|9", "2|0"])
    #expect(try rows(path, "SELECT * FROM metric ORDER BY run, name") == before)
  }

  @Test func aStoreKnowsWhatItHolds() throws {
    let store = try RunStore(path: path)
    try store.store(describe("chunked"))
    let hash = describe("chunked").configHash
    #expect(try store.contains(configHash: hash, policy: "chunked"))
    #expect(try !store.contains(configHash: hash, policy: "layered"))
    #expect(try !store.contains(configHash: describe("chunked", config: "{}").configHash, policy: "chunked"))
  }

  @Test func whatIsSimulatedIsKnownByItsConfigurationAndItsFilesContent() {
    let run = describe("chunked")
    func hash(_ config: String, _ files: [RunDescription.File]) -> String {
      RunDescription(
        name: "other", policy: "orca", policyIndex: 3, trace: "x", rate: nil, seed: 1, serviceLevel: run.serviceLevel,
        config: config, files: files, programVersion: "9"
      ).configHash
    }
    #expect(hash(run.config, [.init(name: "elsewhere/tiny.json", contentHash: "00ff")]) == run.configHash)
    #expect(hash(run.config, [.init(name: "models/tiny.json", contentHash: "01ff")]) != run.configHash)
    #expect(hash("{\"seed\":8}", run.files) != run.configHash)
  }

  @Test func theComparisonViewSetsEveryPolicyBesideTheFirst() throws {
    let store = try RunStore(path: path)
    try store.store(describe("layered", index: 1), summary: betterSummary())
    try store.store(describe("orca", index: 2))
    try store.store(describe("chunked", index: 0))
    try store.store(describe("chunked", config: "{}"))
    let found = try rows(
      path, "SELECT * FROM v_comparison WHERE metric IN ('ttft_mean_ms', 'expert_load_bytes', 'preemptions')")
    #expect(
      found == [
        "tiny|arxiv|1.3|ttft_mean_ms|ms|chunked|1500.0|layered|750.0|-50.0",
        "tiny|arxiv|1.3|preemptions||chunked|0.0|layered|0.0|NULL",
        "tiny|arxiv|1.3|expert_load_bytes|bytes|chunked|2000000000.0|layered|1200000000.0|-40.0",
        "tiny|arxiv|1.3|ttft_mean_ms|ms|chunked|1500.0|orca|1500.0|0.0",
        "tiny|arxiv|1.3|preemptions||chunked|0.0|orca|0.0|NULL",
        "tiny|arxiv|1.3|expert_load_bytes|bytes|chunked|2000000000.0|orca|2000000000.0|0.0",
      ])
  }

  @Test func theServiceLevelViewHasOneLineARun() throws {
    let store = try RunStore(path: path)
    try store.store(describe("chunked", index: 0))
    try store.store(describe("layered", index: 1), summary: betterSummary())
    let columns = """
      name, policy, trace, rate_rps, slo_ttft_ms, slo_tbt_ms, slo_attainment_pct, goodput_rps, request_throughput_rps,
      round(ttft_p99_ms, 6), tbt_p99_ms, round(energy_per_token_mj, 2)
      """
    #expect(
      try rows(path, "SELECT \(columns) FROM v_slo") == [
        "tiny|chunked|arxiv|1.3|10000.0|125.0|50.0|0.1|0.2|1990.0|50.0|1553.4",
        "tiny|layered|arxiv|1.3|10000.0|125.0|100.0|0.2|0.2|995.0|50.0|1398.06",
      ])
  }
}
