import Base
import TestSupport
import Testing

/// The vectors of NIST's "SHA-256 example values" and FIPS 180-2, appendix B.
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func theVectorsOfNISTHold(_ text: String, _ digest: String) {
    #expect(sha256(text) == digest)
  }

  @Test func aHundredThousandLettersHashAsPublishedElsewhere() {
    let text = String(repeating: "a", count: 100_000)
    #expect(sha256(text) == "6d1cf22d7cc09b085dfc25ee1a1f3ae0265804c607bc2074ad253bcc82fd81ee")
  }

  @Test func thePiecesDoNotMatter() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var whole = SHA256()
    whole.update(bytes[...])
    for cut in 0...bytes.count {
      var pieces = SHA256()
      pieces.update(bytes[..<cut])
      pieces.update(bytes[cut...])
      #expect(pieces.hexDigest == whole.hexDigest, "cut at \(cut)")
    }
  }

  @Test func everyLengthAroundABlockIsPaddedRight() {
    var chain = ""
    for length in 0..<130 { chain = sha256(chain + String(repeating: "x", count: length)) }
    #expect(chain == "c506047759ecc50e9885f406bdd8841379debb0dd0958b99b912717ef2974d56")
  }

  @Test func aMissingFileIsAnInputError() {
    #expect(throws: InputError(.noInput, file: "no/such.json", "cannot be read: No such file or directory")) {
      try sha256(contentsOf: "no/such.json")
    }
  }
}
