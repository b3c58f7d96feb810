import Base
import Testing

@testable import Traces

/// Files broken at random: each is read to its end, or refused with a complaint that names the file and a line.
@Suite struct FuzzTests {
  private static let handMade: [(format: String, text: String)] = [
    ("lpsim", "arrival_ms,prompt_tokens,output_tokens\r\n5,100,10\r\n1505.25,200,20\r\n2e3,300,30\r\n"),
    ("vidur", "arrived_at,num_prefill_tokens,num_decode_tokens\n0.0,100,10\n1.5,\"200\",20\n2.00025e0,300,30\n"),
    (
      "azure",
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 23:59:59.0000000,100,10\n2024-02-29 00:00:00+00:00,2,3\n"
    ),
    (
      "burstgpt",
      "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
        + "7,1,2,\"GPT, \"\"4\"\"\",100,10,110,API log\n8,1,2,GPT-4,100,0,100,API log\n9,1,2,GPT-4,1,2,3,API log\n"
    ),
    (
      "mooncake",
      "{\"timestamp\": 10, \"input_length\": 100, \"output_length\": 10, \"hash_ids\": [1, -2.5e3, \"\\u00e9\\n\"]}\n"
        + "{\"hash_ids\": [[], {\"a\": null}], \"output_length\": 20, \"input_length\": 200, \"timestamp\": 1510}\n"
    ),
  ]

  private static let realFiles = [
    "vidur": "splitwise_conv.csv", "azure": "azure_2023_code.csv", "mooncake": "mooncake_synthetic.jsonl",
  ]

  @Test(arguments: handMade.map(\.format)) func brokenFilesAreReadOrRefusedButNeverCrash(_ format: String) throws {
    let common = Array(try #require(Self.handMade.first { $0.format == format }).text.utf8)
    let real = Self.realFiles[format]
    let rare = try hasSharedTraces && real != nil ? head(of: sharedTraces + (real ?? "")) : common
    let file = try TemporaryFile([])
    var outcomes = (read: 0, refused: 0)
    for seed in 0..<2000 as Range<UInt64> {
      var random = SeededRandom(seed: seed, stream: "fuzz")
      var bytes = seed % 4 == 0 ? rare : common
      for _ in 0...random.next() % 4 { mutate(&bytes, &random) }
      try file.overwrite(bytes)
      do {
        try readWhole(file.path, seed: seed)
        outcomes.read += 1
      } catch let error as InputError {
        let isPlaced =
          error.place.hasPrefix("line ") || error.problem.contains("empty") || error.problem.contains("no requests")
        #expect(error.file == file.path && isPlaced, "\(format), seed \(seed): \(error)")
        outcomes.refused += 1
      }
    }
    #expect(outcomes.read > 50 && outcomes.refused > 50, "\(format): \(outcomes)")
  }

  private func readWhole(_ path: String, seed: UInt64) throws {
    var last = SimTime.zero
    var source = try TraceFile(path: path).open()
    while let request = try source.next() {
      #expect(request.arrival >= last, "seed \(seed)")
      #expect(request.promptTokens >= 1 && request.outputTokens >= 1, "seed \(seed)")
      last = request.arrival
    }
  }

  private func head(of path: String) throws -> [UInt8] {
    let text = try readTextFile(path).split(separator: "\n", maxSplits: 3).prefix(3).joined(separator: "\n")
    return Array(text.utf8)
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    func place(_ count: Int) -> Int { count == 0 ? 0 : Int(random.next() % UInt64(count)) }
    guard !bytes.isEmpty else { return }
    switch random.next() % 7 {
    case 0: bytes[place(bytes.count)] ^= 1 << UInt8(place(8))
    case 1: bytes.remove(at: place(bytes.count))
    case 2: bytes.insert(UInt8(place(256)), at: place(bytes.count))
    case 3: bytes.removeLast(place(bytes.count))
    case 4:
      let pieces = Array("\n\r\0\",{}[]\\.-eE9999999999999999999:0".utf8)
      bytes[place(bytes.count)] = pieces[place(pieces.count)]
    case 5:
      let start = place(bytes.count)
      bytes.replaceSubrange(start..<start, with: bytes[start...].prefix(place(40)))
    default:
      var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      lines.swapAt(place(lines.count), place(lines.count))
      bytes = Array(lines.joined(separator: [0x0A]))
    }
  }
}
