import Base
import HardwareModels
import Sim
import Testing

@testable import Results

@Suite struct ResultFileTests {
  private let results = [
    RunResult(describe("chunked"), roundSummary()), RunResult(describe("layered", index: 1), betterSummary()),
  ]

  @Test func everyNumberOfTheJSONReadsBackExactly() throws {
    var summary = betterSummary()
    summary.work.flops = Flops(1.234e25)
    summary.work.kernelTime = Seconds(0.1 + 0.2)
    summary.idleEnergy = Joules(5e-9)
    summary.timePerOutputToken = Distribution()
    let result = RunResult(describe("layered"), summary)
    var run = try ConfigFields(ConfigNode(parsing: resultJSON([result]), file: "out.json"))
    let runs = try run.required("runs").elements()
    #expect(runs.count == 1)
    var fields = try ConfigFields(runs[0])
    #expect(try fields.string("policy") == "layered")
    for (metric, value) in zip(Metric.all, result.values) {
      let found = try fields.optional(metric.name)?.number(in: -.greatestFiniteMagnitude ... .greatestFiniteMagnitude)
      #expect(found == value, "\(metric.name)")
    }
    try fields.finish()
  }

  @Test func theJSONBeginsWithWhatWasSimulated() {
    let expected = """
      {
        "lpsim": "0.1.0",
        "config_hash": "\(describe("chunked").configHash)",
        "name": "tiny",
        "trace": "arxiv",
        "rate_rps": 1.3,
        "seed": 7,
        "slo_ttft_ms": 10000,
        "slo_tbt_ms": 125,
        "runs": [
          {
            "policy": "chunked",
            "requests_arrived": 3,
      """
    #expect(resultJSON(results).hasPrefix(expected))
    #expect(resultJSON(results).hasSuffix("\"mean_power_per_gpu_w\": 14.4\n    }\n  ]\n}\n"))
  }

  @Test func theSameRunsGiveTheSameBytes() {
    let again = [
      RunResult(describe("chunked"), roundSummary()), RunResult(describe("layered", index: 1), betterSummary()),
    ]
    #expect(resultJSON(results) == resultJSON(again))
    #expect(resultCSV(results) == resultCSV(again))
  }

  @Test func aMetricWithoutAValueIsNull() {
    let nothing = RunResult(describe("chunked"), RunSummary())
    #expect(resultJSON([nothing]).contains("\"ttft_mean_ms\": null,\n"))
    #expect(resultCSV([nothing]).split(separator: "\n")[1].hasSuffix(",0,0,0,0,0,0,0,0,,,,"))
  }

  @Test func theCSVHasALineARun() {
    let lines = resultCSV(results).split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("name,policy,trace,rate_rps,seed,config_hash,requests_arrived,requests_completed,"))
    #expect(
      lines[2].hasPrefix("tiny,layered,arxiv,1.3,7,\(describe("chunked").configHash),3,2,1,1,0,200,32,6,10,0.2,0.6,"))
    #expect(Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1)
  }

  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("two\nlines", "\"two\nlines\""),
    ("", ""),
    ("\r\n", "\"\r\n\""),
  ])
  func aFieldIsQuotedWhereCSVNeedsIt(_ text: String, _ field: String) {
    #expect(csvField(text) == field)
  }
}
