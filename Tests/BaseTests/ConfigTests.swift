import Base
import TestSupport
import Testing

@Suite struct ConfigTests {
  private func message(_ json: String, _ body: (inout ConfigFields) throws -> Void) -> String {
    do {
      var fields = try ConfigFields(config(json))
      try body(&fields)
      try fields.finish()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func anUnknownKeyNamesTheNearestRightOne() {
    let found = message("{\n  \"layers\": 4,\n  \"grups\": 2\n}") {
      _ = try $0.integer("layers", in: 1...48)
      _ = $0.optional("groups")
    }
    #expect(found == "test.json: line 3, column 12: grups: unknown key \"grups\" — did you mean \"groups\"?")
  }

  @Test func aMissingKeyNamesTheStrangerThatMayBeIt() {
    let found = message("{\"grups\": 2}") { _ = try $0.integer("groups", in: 1...48) }
    #expect(found == "test.json: line 1, column 1: the key \"groups\" is missing — is \"grups\" meant to be it?")
  }

  @Test func aNumberOutOfRangeSaysWhatWasExpected() {
    let found = message("{\"groups\": 0}") { _ = try $0.integer("groups", in: 1...48, "the model's layers") }
    #expect(
      found == "test.json: line 1, column 12: groups: 0 is out of range; expected 1…48, the model's layers")
  }

  @Test func aFractionIsNotAWholeNumber() {
    let found = message("{\"groups\": 1.5}") { _ = try $0.integer("groups", in: 1...48) }
    #expect(found == "test.json: line 1, column 12: groups: 1.5 is not a whole number")
  }

  @Test(arguments: [
    ("{\"a\": 1,", "test.json: line 2, column 1: not JSON: did not find expected node content"),
    ("{\"a\": nope}", "test.json: line 1, column 7: a: nope is not JSON — strings stand in double quotes"),
    ("{\"a\": 1, \"a\": 2}", "test.json: line 1, column 2: the key \"a\" stands twice in one object"),
    ("", "test.json: the file is empty; expected a JSON object"),
    ("{\"a\": NaN}", "test.json: line 1, column 7: a: NaN is not JSON — strings stand in double quotes"),
    ("{\"a\": 1e999}", "test.json: line 1, column 7: a: 1e999 is not JSON — strings stand in double quotes"),
  ])
  func brokenJSONIsOneSentence(_ json: String, _ expected: String) {
    #expect(throws: InputError.self) { try config(json) }
    do { _ = try config(json) } catch { #expect("\(error)" == expected) }
  }

  @Test func deepNestingIsRefusedBeforeItOverflowsTheStack() {
    #expect(throws: InputError.self) { try config(String(repeating: "[", count: 100_000)) }
  }

  @Test func tabsAndEscapesAreJSONToo() throws {
    let tree = try config("{\n\t\"a\": \"x\\u0041\\n\\\"\",\n\t\"b\": [1, 2.5e-3, true, null]\n}")
    #expect(tree.canonicalJSON == "{\"a\":\"xA\\n\\\"\",\"b\":[1,0.0025,true,null]}")
  }

  @Test func aBaseCompletesAndNeverOverrules() throws {
    let mine = try config("{\"slo\": {\"tbtMs\": 1}}")
    let base = try config("{\"slo\": {\"tbtMs\": 9, \"ttftMs\": 8}, \"seed\": 7}")
    #expect(mine.completed(from: base).canonicalJSON == "{\"seed\":7,\"slo\":{\"tbtMs\":1,\"ttftMs\":8}}")
  }

  @Test func aSettingReachesAnyDepth() throws {
    let tree = try config("{\"slo\": {\"tbtMs\": 1}}")
    let set = try tree.setting("slo.tbtMs", to: ConfigNode(argument: "125", option: "--set"))
      .setting("engine.name", to: ConfigNode(argument: "mine", option: "--set"))
    #expect(set.canonicalJSON == "{\"engine\":{\"name\":\"mine\"},\"slo\":{\"tbtMs\":125}}")
  }

  @Test func aSettingCannotPassThroughANumber() throws {
    let tree = try config("{\"seed\": 1}")
    #expect(
      throws: InputError(.usage, file: "--set", place: "seed", "1 has no keys, so \"x\" cannot be set in it")
    ) { try tree.setting("seed.x", to: ConfigNode(argument: "1", option: "--set")) }
  }
}
