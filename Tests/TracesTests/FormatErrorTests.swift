import Base
import Testing

@testable import Traces

@Suite struct FormatErrorTests {
  private static let known =
    "known: lpsim (arrival_ms, prompt_tokens, output_tokens); vidur (arrived_at, num_prefill_tokens, "
    + "num_decode_tokens); azure (TIMESTAMP, ContextTokens, GeneratedTokens); burstgpt (Timestamp, Request tokens, "
    + "Response tokens); mooncake (timestamp, input_length, output_length)"

  @Test(arguments: [
    ("", "t.csv: the file is empty; expected a trace"),
    ("\n\r\n", "t.csv: the file is empty; expected a trace"),
    ("a,b\n1,2\n", "t.csv: line 1: no known trace begins with \"a,b\" — \(known)"),
    (
      "arrived_at,num_prefil_tokens,num_decode_tokens\n",
      "t.csv: line 1: no known trace begins with \"arrived_at,num_prefil_tokens,num_decode_tokens\" — nearest is vidur; \(known)"
    ),
    (
      "{\"input_lengths\": 1, \"timestamp\": 3}",
      "t.csv: line 1: no known trace begins with \"{\"input_lengths\": 1, \"timestamp\": 3}\" — nearest is mooncake; \(known)"
    ),
    (
      "arived_at,num_prefill_tokens,num_decode_tokens\n0,1,2\n",
      "t.csv: line 1: unknown column \"arived_at\" — did you mean \"arrived_at\"?"
    ),
    (
      "TIMESTAMP,ContextTokens,ContextTokens,GeneratedTokens\n",
      "t.csv: line 1: the column \"ContextTokens\" stands twice"
    ),
  ])
  func aFileThatIsNoTraceSaysWhatItBeginsWith(_ text: String, _ expected: String) throws {
    #expect(try complaint(about: text) == expected)
  }

  @Test(arguments: [
    ("", "t.csv: no requests in it, only a header"),
    ("0,abc,2\n", "t.csv: line 2, prompt_tokens: \"abc\" is not a whole number"),
    ("0,1,2\n1,1.5,2\n", "t.csv: line 3, prompt_tokens: \"1.5\" is not a whole number"),
    ("0,,2\n", "t.csv: line 2, prompt_tokens: \"\" is not a whole number"),
    ("0,1,-\n", "t.csv: line 2, output_tokens: \"-\" is not a whole number"),
    ("0,1\u{1B}[2J,2\n", "t.csv: line 2, prompt_tokens: \"1\\u{1b}[2J\" is not a whole number"),
    ("0,0,2\n", "t.csv: line 2, prompt_tokens: \"0\" is out of range; expected 1…1000000000 tokens"),
    ("0,1,-7\n", "t.csv: line 2, output_tokens: \"-7\" is out of range; expected 1…1000000000 tokens"),
    (
      "0,1,99999999999999999999999999\n",
      "t.csv: line 2, output_tokens: \"99999999999999999999999999\" is out of range; expected 1…1000000000 tokens"
    ),
    ("0,1\n", "t.csv: line 2: 2 columns; expected 3, as in the header"),
    ("0,1,2,\n", "t.csv: line 2: 4 columns; expected 3, as in the header"),
    ("0\n", "t.csv: line 2: 1 column; expected 3, as in the header"),
    ("nan,1,2\n", "t.csv: line 2, arrival_ms: \"nan\" is not a number"),
    ("1e,1,2\n", "t.csv: line 2, arrival_ms: \"1e\" is not a number"),
    ("1.2.3,1,2\n", "t.csv: line 2, arrival_ms: \"1.2.3\" is not a number"),
    ("-inf,1,2\n", "t.csv: line 2, arrival_ms: \"-inf\" is not a number"),
    ("1e300,1,2\n", "t.csv: line 2, arrival_ms: \"1e300\" is out of range; the clock holds 292 years"),
    (
      "-9e12,1,2\n9e12,1,2\n",
      "t.csv: line 3: arrives more than 146 years after the first request, beyond the clock's end"
    ),
    (
      "5,1,2\n6,1,2\n5.999999,1,2\n",
      "t.csv: line 4: arrives before the request on line 3 — a trace is in the order of arrival"
    ),
    ("0,1,2\n\n1,1,2\n", "t.csv: line 3: the line is empty"),
    ("0,\"1,2\n", "t.csv: line 2: a double quote is opened and never closed"),
    ("0,\"1\"x,2\n", "t.csv: line 2: something stands between a closing double quote and the next comma"),
    ("0,1,2\n1,1\0,2\n", "t.csv: line 3: a NUL byte stands in it, so this is no text"),
  ])
  func aWrongRowNamesItsLineAndColumn(_ rows: String, _ expected: String) throws {
    #expect(try complaint(about: "arrival_ms,prompt_tokens,output_tokens\n" + rows) == expected)
  }

  @Test(arguments: [
    ("2023-02-30 00:00:00", "\"2023-02-30 00:00:00\" is a date or time that does not exist"),
    ("2023-13-01 00:00:00", "\"2023-13-01 00:00:00\" is a date or time that does not exist"),
    ("1900-01-01 24:00:00", "\"1900-01-01 24:00:00\" is a date or time that does not exist"),
    ("1969-12-31 23:59:59", "\"1969-12-31 23:59:59\" is out of range; expected the years 1970…2261"),
    ("2023-11-16", "\"2023-11-16\" is not a date and time such as \"2023-11-16 18:17:03.9799600\""),
    ("2023-11-16 18:17:03.", "\"2023-11-16 18:17:03.\" is not a date and time such as \"2023-11-16 18:17:03.9799600\""),
    ("0", "\"0\" is not a date and time such as \"2023-11-16 18:17:03.9799600\""),
  ])
  func aWrongDateIsShown(_ date: String, _ expected: String) throws {
    let found = try complaint(about: "TIMESTAMP,ContextTokens,GeneratedTokens\n\(date),1,2\n")
    #expect(found == "t.csv: line 2, TIMESTAMP: " + expected)
  }

  @Test(arguments: [
    ("{\"timestamp\": 1, \"input_length\": 2}", "line 2: the key \"output_length\" is missing"),
    (
      "{\"timestamp\": 1, \"timestamp\": 1, \"input_length\": 2, \"output_length\": 3}",
      "line 2: the key \"timestamp\" stands twice"
    ),
    (
      "{\"timestamp\": 1, \"input_length\": 2.0, \"output_length\": 3}",
      "line 2, input_length: \"2.0\" is not a whole number"
    ),
    (
      "{\"timestamp\": 1, \"input_length\": 512, \"output_length\": 3, \"hash_ids\": [1, 2]}",
      "line 2, hash_ids: 2 ids for 512 prompt tokens; expected at most 1, one for each 512"
    ),
    (
      "{\"timestamp\": 1, \"input_length\": 512, \"output_length\": 3, \"hash_ids\": 1}",
      "line 2, hash_ids: \"1\" is not a list"
    ),
    (
      "{\"timestamp\": 1, \"input_length\": 512, \"output_length\": 3, \"hash_ids\": [-1]}",
      "line 2, hash_ids: \"-1\" is not a whole number"
    ),
    (
      "{\"timestamp\": 1, \"input_length\": 512, \"output_length\": 3, \"hash_ids\": [9223372036854775808]}",
      "line 2, hash_ids: \"9223372036854775808\" is out of range; expected 0…9223372036854775807"
    ),
    ("{\"timestamp\": null, \"input_length\": 2, \"output_length\": 3}", "line 2, timestamp: \"null\" is not a number"),
    ("{\"timestamp\": 1,", "line 2, column 17: not JSON: the line's end where \"\"\" was expected"),
    ("{\"timestamp\": 01}", "line 2, column 16: not JSON: \"1\" where no digit behind a leading 0 was expected"),
    ("{\"timestamp\": .5}", "line 2, column 15: not JSON: \".\" where a value was expected"),
    ("{\"a\": \"\\x\"}", "line 2, column 9: not JSON: \"x\" where one of \"\\/bfnrtu was expected"),
    ("{\"a\": [1 2]}", "line 2, column 10: not JSON: \"2\" where \"]\" was expected"),
    ("{\"a\": truth}", "line 2, column 7: not JSON: \"t\" where a value was expected"),
    ("[]", "line 2, column 1: not JSON: \"[\" where \"{\" was expected"),
    (
      "{\"timestamp\": 1, \"input_length\": 2, \"output_length\": 3} x",
      "line 2, column 57: not JSON: \"x\" where the line's end was expected"
    ),
  ])
  func aWrongLineOfJSONNamesItsColumn(_ line: String, _ expected: String) throws {
    let first = "{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1}\n"
    #expect(try complaint(about: first + line + "\n") == "t.csv: " + expected)
  }

  @Test func nestingIsRefusedBeforeItOverflowsTheStack() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(
      try complaint(about: "{\"input_length\": 1, \"hash_ids\": " + deep)
        == "t.csv: line 1, column 98: not JSON: \"[\" where at most 64 nested brackets was expected")
  }

  @Test func aFileWhoseRequestsAllFailedSaysSo() throws {
    let text = "Timestamp,Request tokens,Response tokens\n1,2,0\n2,3,0\n"
    #expect(try complaint(about: text) == "t.csv: no requests in it, only 2 that failed")
  }

  @Test func aLineWithoutEndIsRefused() throws {
    let header = "arrival_ms,prompt_tokens,output_tokens\n"
    let long = String(repeating: "1", count: LineReader.longestLine + 1)
    #expect(try complaint(about: header + long) == "t.csv: line 2: the line is longer than 1048576 bytes")
    #expect(try complaint(about: header + long + "\n") == "t.csv: line 2: the line is longer than 1048576 bytes")
  }

  @Test func bytesThatAreNoUTF8AreNoTrap() throws {
    #expect(
      try complaint(about: [0xFF, 0xFE, 0x0A]) == "t.csv: line 1: no known trace begins with \"��\" — \(Self.known)")
  }

  @Test func aMissingFileAndAFolderCannotBeRead() throws {
    #expect(
      try complaint { _ = try TraceFile(path: "/nowhere/t.csv") }
        == "/nowhere/t.csv: cannot be read: No such file or directory")
    #expect(
      try complaint { _ = try TraceFile(path: "/tmp") }
        == "/tmp: is not a regular file; a trace is read more than once")
  }
}
