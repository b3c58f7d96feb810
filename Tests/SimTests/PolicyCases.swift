import Base
import Sim
import TestSupport

/// How a policy is tested: settings, fixed and random, and its plain twin if there is one.
struct PolicyCase: Sendable {
  /// The policy's name.
  var name: String
  /// Settings for prompts of a few dozen tokens on a model of 4 layers or more.
  var settings: String
  /// Random settings on a model of so many layers, for prompts of so many tokens or fewer.
  var randomSettings: @Sendable (_ random: inout SeededRandom, _ layerCount: Int, _ longestPrompt: Int) -> String
  /// The same policy as the reference has it; nil if the reference is to carry out the policy's own plans.
  var reference: (@Sendable (_ settings: ConfigNode) throws -> any ReferenceScheduler)?

  /// The one place that a new policy needs a line in to be under all laws.
  static let all = [
    PolicyCase(
      name: "chunked", settings: #"{"tokenBudget": 12}"#,
      randomSettings: { random, _, longest in #"{"tokenBudget": \#(random.integer(1...max(64, longest / 2)))}"# },
      reference: { ReferenceChunked(budget: try $0.whole("tokenBudget")) }),
    layered(rules: ["table", "ceil", "fixed"]),
    PolicyCase(
      name: "orca", settings: #"{"tokenBudget": 40}"#,
      randomSettings: { random, _, longest in #"{"tokenBudget": \#(random.integer(1...4 * longest))}"# },
      reference: { ReferenceOrca(budget: try $0.whole("tokenBudget")) }),
    PolicyCase(
      name: "static", settings: #"{"batchSize": 4, "tokenBudget": 60}"#,
      randomSettings: { random, _, longest in
        #"{"batchSize": \#(random.integer(1...8)), "tokenBudget": \#(random.integer(1...4 * longest))}"#
      },
      reference: { ReferenceStatic(batchSize: try $0.whole("batchSize"), budget: try $0.whole("tokenBudget")) }),
  ]

  private static func layered(rules: [String]) -> PolicyCase {
    PolicyCase(
      name: "layered",
      settings: #"{"cohortTokens": 32, "groupRule": "\#(rules[rules.count - 1])", "maxGroups": 3}"#,
      randomSettings: { random, layerCount, longest in
        let rule = random.one(of: rules)
        let cohort = random.integer(8...max(256, 2 * longest))
        let groups = random.integer(1...layerCount)
        return #"{"cohortTokens": \#(cohort), "groupRule": "\#(rule)", "maxGroups": \#(groups)}"#
      },
      reference: { settings in
        let groups = try settings.whole("maxGroups")
        let rule: ReferenceLayered.Rule
        let name = try settings.text("groupRule")
        switch name {
        case "table": rule = ReferenceLayered.tableRule(maxGroups: groups)
        case "ceil": rule = ReferenceLayered.paperRule(maxGroups: groups)
        default: rule = { _ in groups }
        }
        return ReferenceLayered(
          budget: try settings.whole("cohortTokens"), isAligned: name == "aligned", rule: rule)
      })
  }

  /// What the laws hold for: every policy that `Sim` lists, and layered prefill whose ranks agree on the group.
  static var names: [String] { policies.map { $0.name } + ["aligned"] }

  /// The case of one of the ``names``.
  static func named(_ name: String) throws -> PolicyCase {
    if name == "aligned" { return layered(rules: ["aligned"]) }
    guard let found = all.first(where: { $0.name == name }) else { throw MissingPolicyCase(policy: name) }
    return found
  }

  /// The policy with its settings.
  func policy(layerCount: Int) throws -> any SchedulingPolicy {
    try makePolicy(name, settings: config(settings), layerCount: layerCount)
  }
}

/// A listed policy that nobody has said how to test.
struct MissingPolicyCase: Error, CustomStringConvertible {
  var policy: String
  var description: String {
    "policy \"\(policy)\" is listed but has no test settings: add it to Tests/SimTests/PolicyCases.swift"
  }
}

extension ConfigNode {
  fileprivate func whole(_ key: String) throws -> Int {
    var fields = try ConfigFields(self)
    return try fields.integer(key, in: 1...(.max))
  }

  fileprivate func text(_ key: String) throws -> String {
    var fields = try ConfigFields(self)
    return try fields.string(key)
  }
}
