import Base
import Testing

@testable import Traces

@Suite struct ConversionTests {
  private func written(_ requests: String, as name: String) throws -> String {
    let file = try TemporaryFile(requests)
    var bytes = [UInt8]()
    let count = try writeTrace(TraceFile(path: file.path).open(), as: writableTraceFormat(named: name)) { piece in
      for index in 0..<piece.count { bytes.append(piece[index]) }
    }
    #expect(count == 3)
    return String(decoding: bytes, as: UTF8.self)
  }

  private let rows = "arrival_ms,prompt_tokens,output_tokens\n0,1,2\n0.000001,3,4\n1234.5,5,6\n"

  @Test func everyFormatIsWrittenAsItsReadersExpectIt() throws {
    #expect(try written(rows, as: "lpsim") == rows)
    #expect(
      try written(rows, as: "vidur")
        == "arrived_at,num_prefill_tokens,num_decode_tokens\n0,1,2\n0.000000001,3,4\n1.2345,5,6\n")
    #expect(
      try written(rows, as: "mooncake") == """
        {"timestamp": 0, "input_length": 1, "output_length": 2, "hash_ids": []}
        {"timestamp": 0, "input_length": 3, "output_length": 4, "hash_ids": []}
        {"timestamp": 1235, "input_length": 5, "output_length": 6, "hash_ids": []}

        """)
  }

  @Test func whatIsWrittenIsReadBackToTheFormatsResolution() throws {
    let workload = try Workload(
      .recipe(logNormalRecipe()), arrivals: PoissonArrivals(), rate: RequestsPerSecond(7), requestCount: 5000, seed: 2)
    let requests = try all(workload.open())
    for format in writableTraceFormats {
      var bytes = [UInt8]()
      try writeTrace(workload.open(), as: format) { piece in
        for index in 0..<piece.count { bytes.append(piece[index]) }
      }
      let file = try TemporaryFile(bytes)
      let back = try all(TraceFile(path: file.path).open())
      #expect(back.map(\.promptTokens) == requests.map(\.promptTokens), "\(format.name)")
      #expect(back.map(\.outputTokens) == requests.map(\.outputTokens), "\(format.name)")
      let furthest = zip(back, requests).map { ($0.arrival - $1.arrival).nanoseconds.magnitude }.max() ?? .max
      #expect(furthest <= UInt64(format.arrivalResolution.nanoseconds / 2), "\(format.name)")
    }
  }

  @Test func mooncakeKeepsWhatPromptsShare() throws {
    let lines = """
      {"timestamp": 0, "input_length": 600, "output_length": 2, "hash_ids": [5, 6]}
      {"timestamp": 3, "input_length": 600, "output_length": 4, "hash_ids": [5, 7]}
      {"timestamp": 9, "input_length": 600, "output_length": 4, "hash_ids": []}

      """
    #expect(try written(lines, as: "mooncake") == lines)
  }

  @Test func aFormatThatCannotBeWrittenIsNamed() throws {
    #expect(
      try complaint { _ = try writableTraceFormat(named: "vidr") }
        == "no trace format to write \"vidr\" — did you mean \"vidur\"?")
    #expect(
      try complaint { _ = try writableTraceFormat(named: "azure") }
        == "no trace format to write \"azure\" — known: lpsim, vidur, mooncake")
  }

  @Test func writingThatFailsIsPassedOn() throws {
    let file = try TemporaryFile(rows)
    let full = InputError(.io, file: "out", "the disk is full")
    #expect(throws: full) { try writeTrace(TraceFile(path: file.path).open(), as: LpsimCSV.self) { _ in throw full } }
  }
}
