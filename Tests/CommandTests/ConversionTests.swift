import TestSupport
import Testing

/// A trace that was written and read again is the same trace.
struct ConversionTests {
  @Test(arguments: ["vidur", "lpsim"])
  func aWrittenTraceIsServedAsTheRecipeIs(_ format: String) throws {
    let sandbox = try Sandbox()
    let workload = "sharegpt --requests 100 --rate 4"
    let convert = try sandbox.lpsim(words: "trace \(workload) --convert \(format) --out x.csv")
    #expect(convert == Outcome(status: 0, out: "", errors: ""))
    let direct = try JSONOutput(sandbox.lpsim(words: "run \(paperConfig) --trace \(workload) --json").out)
    let read = try JSONOutput(sandbox.lpsim(words: "run \(paperConfig) --trace x.csv --set slo.ttftMs=5000 --json").out)
    #expect(read.policies == direct.policies)
    for (read, direct) in zip(read.runs, direct.runs) { #expect(read.metrics == direct.metrics) }
  }

  @Test func everyFormatToWriteIsReadBack() throws {
    let sandbox = try Sandbox()
    for format in ["lpsim", "vidur", "mooncake"] {
      let written = try sandbox.lpsim(words: "trace arxiv --requests 20 --convert \(format)")
      try sandbox.write(written.out, to: format)
    }
    let first = try sandbox.lpsim(words: "trace lpsim")
    #expect(first.status == 0)
    #expect(try sandbox.lpsim(words: "trace vidur") == first)
    #expect(try sandbox.lpsim(words: "trace mooncake").out.contains("prompt_tokens_mean"))
  }
}
