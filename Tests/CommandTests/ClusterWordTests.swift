import TestSupport
import Testing

@testable import lpsim

/// Words that other programs read.
struct ClusterWordTests {
  @Test(
    arguments: [
      ([], ""), ([4], "4"), ([1, 2, 3, 4], "1-4"), ([1, 3, 4, 9], "1,3-4,9"),
    ] as [([Int], String)])
  func numbersAreSaidAsRanges(_ numbers: [Int], _ text: String) {
    #expect(ranges(numbers) == text)
  }

  @Test(arguments: ["plain", "", "it's", "'", "a b\tc", "$HOME `id` \\ \" * ; & | #", "two\nlines", "-n"])
  func aShellReadsAQuotedWordAsItWas(_ word: String) throws {
    #expect(try Sandbox().shell("printf '%s' \(shellQuoted(word))").out == word)
  }
}
