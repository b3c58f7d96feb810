import Base
import TestSupport
import Testing

@Suite struct ConfigPathTests {
  private let tree = "{\"a\": [{\"b\": 1}, {\"b\": 2}], \"c\": [[3, 4], []]}"

  private func set(_ path: String) throws -> String {
    try config(tree).setting(path, to: ConfigNode(argument: "7", option: "--set")).canonicalJSON
  }

  @Test(arguments: [
    ("a[1].b", #"{"a":[{"b":1},{"b":7}],"c":[[3,4],[]]}"#),
    ("a[*].b", #"{"a":[{"b":7},{"b":7}],"c":[[3,4],[]]}"#),
    ("a[*].x", #"{"a":[{"b":1,"x":7},{"b":2,"x":7}],"c":[[3,4],[]]}"#),
    ("c[0][1]", #"{"a":[{"b":1},{"b":2}],"c":[[3,7],[]]}"#),
    ("c[1]", #"{"a":[{"b":1},{"b":2}],"c":[[3,4],7]}"#),
  ])
  func itemsOfListsCanBeSet(_ path: String, _ expected: String) throws {
    #expect(try set(path) == expected)
  }

  @Test(arguments: [
    ("a[2].b", "--set: a: the list has 2 items, so \"[2].b\" cannot be set in it"),
    ("c[1][*]", "--set: c[1]: the list has 0 items, so \"[*]\" cannot be set in it"),
    ("a.b", "--set: a: a list has no keys, so \"b\" cannot be set in it"),
    ("a[0][0]", "--set: a[0]: an object has no items, so \"[0]\" cannot be set in it"),
    ("a[x]", "--set: \"a[x]\" is no key path — items of a list are written [0] or [*]"),
    ("a[0", "--set: \"a[0\" is no key path — items of a list are written [0] or [*]"),
    ("a[-1]", "--set: \"a[-1]\" is no key path — items of a list are written [0] or [*]"),
  ])
  func aStepToNowhereIsRefused(_ path: String, _ sentence: String) {
    #expect { try set(path) } throws: { "\($0)" == sentence }
  }

  @Test func everyValueIsChangedFromWhatItWas() throws {
    let path = try #require(ConfigPath("a[*].b"))
    let doubled = try config(tree).changing(path, askedBy: .init(file: "test")) { node in
      ConfigNode(.number(try node.number(in: .positive) * 2), source: node.source)
    }
    #expect(try doubled.values(at: path, writtenIn: doubled).map(\.canonicalJSON) == ["2.0", "4.0"])
  }

  @Test(arguments: [
    ("a[*].bb", "no key \"a[*].bb\" — did you mean \"a[*].b\"?"),
    ("aa[0]", "no key \"aa\" — did you mean \"a\"?"),
    ("a[2]", "the list has 2 items, so there is no \"a[2]\""),
    ("a[0].b.c", "1 has no keys, so there is no \"a[0].b.c\""),
  ])
  func whatIsNotThereIsSaidByTheNodeThatAsks(_ path: String, _ sentence: String) throws {
    let asker = ConfigNode(.string(path), source: .init(file: "mine.json"))
    let path = try ConfigPath(path, writtenIn: asker)
    #expect { try config(tree).values(at: path, writtenIn: asker) } throws: { "\($0)" == "mine.json: \(sentence)" }
  }
}
