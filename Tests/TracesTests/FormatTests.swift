import Base
import Testing

@testable import Traces

@Suite struct FormatTests {
  @Test func everyFormatSaysTheSameRequestsInItsWay() throws {
    let expected = [request(0, 100, 10), request(1500, 200, 20), request(2000.25, 300, 30)]
    let texts = [
      "arrival_ms,prompt_tokens,output_tokens\n5,100,10\n1505.0,200,20\n2005.25,300,30\n",
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0.0,100,10\n1.5,200,20\n2.00025,300,30\n",
      """
      TIMESTAMP,ContextTokens,GeneratedTokens
      2023-11-16 23:59:59.0000000,100,10
      2023-11-17 00:00:00.5000000,200,20
      2023-11-17 00:00:01.0002500,300,30
      """,
      """
      Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
      7,,2,GPT-4,100,10,110,Conversation log
      8.5,,2,"Chat, GPT",200,20,220,API log
      9.00025, ,2,GPT-4,300,30,330,API log
      """,
      """
      {"timestamp": 10, "input_length": 100, "output_length": 10, "hash_ids": []}
      {"other": [[], {"a": "}"}], "output_length": 20, "input_length": 200, "timestamp": 1510}
      { "input_length":300,"output_length":30,"timestamp":2.01025e3 }
      """,
    ]
    for text in texts { #expect(try requests(in: text) == expected, "\(text)") }
  }

  @Test func aBurstGPTFileTellsWhichRequestsShareAConversation() throws {
    let header = "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
    let sessions = try requests(
      in: header + ["a7", "b", "", "a7"].map { "1,\($0),2,GPT-4,100,10,110,Conversation log\n" }.joined()
    ).map(\.session)
    #expect(sessions[0] == sessions[3] && sessions[0] != sessions[1] && sessions[2] == nil)
    // FNV-1a of "b".
    #expect(sessions[1] == 0xaf63_df4c_8601_f1a5)
  }

  @Test func aVidurFileWithoutArrivalsHasThemAllAtZero() throws {
    let found = try requests(
      in: "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n74,918,992,0.08\n290,905,1195,0.32\n")
    #expect(found == [request(0, 74, 918), request(0, 290, 905)])
  }

  @Test(arguments: [
    "\u{FEFF}arrival_ms,prompt_tokens,output_tokens\r\n0,1,2\r\n3,4,5\r\n\r\n\r\n",
    "output_tokens,note,arrival_ms,prompt_tokens\n2,\"a,\"\"b\",0,1\n5,,3,4",
    "\"arrival_ms\" , prompt_tokens,output_tokens\n 0, \"1\" ,2\n3\t,4,5\n",
  ])
  func endsOfLineMarksOrderQuotesAndSpacesDoNotMatter(_ text: String) throws {
    #expect(try requests(in: text) == [request(0, 1, 2), request(3, 4, 5)])
  }

  @Test func failedRequestsAreSkippedAndCounted() throws {
    let file = try TemporaryFile(
      """
      Timestamp,Model,Request tokens,Response tokens
      1,GPT-4,5,0
      2,GPT-4,10,3
      4,GPT-4,0,0
      6,GPT-4,11,4
      """)
    var source = try TraceFile(path: file.path).open()
    #expect(try source.next() == request(0, 10, 3))
    #expect(try source.next() == request(4000, 11, 4))
    #expect(try source.next() == nil)
    #expect(source.skippedRows == 2)
    #expect(try TraceFile(path: file.path).statistics()["skipped_rows"] == 2)
  }

  @Test(arguments: [
    ("1e-9", 1), ("0.0000000014", 1), ("0.0000000015", 2), ("1046.4690269999999", 1_046_469_027_000),
    ("1700000000.123456789", 1_700_000_000_123_456_789), ("-0.5", -500_000_000), ("12.", 12_000_000_000),
    (".5", 500_000_000), ("2.5E+1", 25_000_000_000), ("0e99999999999", 0), ("1e-99999999999", 0),
    ("00012", 12_000_000_000),
  ])
  func aDecimalBecomesNanosecondsWithoutABinaryRounding(_ text: String, _ nanoseconds: Int64) throws {
    let bytes = Array(text.utf8)
    #expect(try scaledDecimal(bytes.span, timesTenTo: 9, column: "x") == nanoseconds)
  }

  @Test(arguments: [
    ("1970-01-01 00:00:00", 0), ("1970-01-02T00:00:00Z", 86_400_000_000_000),
    ("2000-03-01 00:00:00", 951_868_800_000_000_000),
    ("2024-02-29 12:34:56.7890123456", 1_709_210_096_789_012_346),
    ("2023-11-16 18:17:03.9799600", 1_700_158_623_979_960_000),
    ("2024-05-10 02:00:00.009930+02:00", 1_715_299_200_009_930_000),
    ("2024-05-09 23:00:00-01:00", 1_715_299_200_000_000_000),
  ])
  func aDateBecomesNanosecondsSince1970(_ text: String, _ nanoseconds: Int64) throws {
    let bytes = Array(text.utf8)
    #expect(try calendarNanoseconds(bytes.span, column: "x") == nanoseconds)
  }

  @Test func aJSONKeyMayBeEscaped() throws {
    let found = try requests(
      in: "{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 2}\n"
        + "{\"time\\u0073tamp\": 1, \"input_length\": 3, \"output_length\": 4, \"\\\"\\u00e9\": \"\\\\\"}\n")
    #expect(found == [request(0, 1, 2), request(1, 3, 4)])
  }

  @Test func prefixIDsAreReadWhereThereAreAny() throws {
    let found = try requests(
      in: """
        {"timestamp": 0, "input_length": 1025, "output_length": 2, "hash_ids": [7, 0 ,9223372036854775807]}
        {"timestamp": 1, "hash_ids": [], "input_length": 600, "output_length": 4}
        {"timestamp": 2, "hash_ids":[3], "input_length": 600, "output_length": 4}

        """)
    #expect(found.map(\.prefixIDs) == [[7, 0, .max], [], [3]])
  }

  @Test func aLineLongerThanTheBufferIsReadWhole() throws {
    let ids = (0..<100_000).map(String.init).joined(separator: ", ")
    let line = "{\"timestamp\": 0, \"input_length\": 1, \"others\": [\(ids)], \"output_length\": 2}\n"
    #expect(try requests(in: line + line + line) == [request(0, 1, 2), request(0, 1, 2), request(0, 1, 2)])
  }

  @Test func aCopyOfASourceReadsOnByItself() throws {
    let file = try TemporaryFile("arrival_ms,prompt_tokens,output_tokens\n0,1,2\n3,4,5\n6,7,8\n")
    var source = try TraceFile(path: file.path).open()
    _ = try source.next()
    #expect(try all(source) == [request(3, 4, 5), request(6, 7, 8)])
    #expect(try all(source) == [request(3, 4, 5), request(6, 7, 8)])
  }
}
