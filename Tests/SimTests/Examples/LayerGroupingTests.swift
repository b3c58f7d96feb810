import Base
import Sim
import TestSupport
import Testing

@Suite struct LayerGroupingTests {
  /// The authors' table, reference/layered-prefill.md, section 3.
  @Test(arguments: [
    (4, [1, 1, 2, 2, 4, 4, 4, 4, 4, 4]), (12, [1, 1, 2, 2, 4, 4, 6, 6, 12, 12]),
    (16, [1, 1, 2, 2, 4, 4, 8, 8, 16, 16]), (24, [1, 1, 2, 2, 4, 4, 8, 8, 24, 24]),
  ])
  func theTableIsTheAuthors(maxGroups: Int, counts: [Int]) {
    let grouping = LayerGrouping(rule: .table, maxGroups: maxGroups)
    let tokens = [1, 512, 513, 1024, 1025, 2048, 2049, 4096, 4097, 32768]
    #expect(tokens.map { grouping.groupCount(cohortTokens: $0) } == counts)
  }

  @Test func thePapersRuleAndTheCodesTableDiffer() {
    let table = LayerGrouping(rule: .table, maxGroups: 16)
    let paper = LayerGrouping(rule: .ceil, maxGroups: 16)
    #expect(
      [1, 512, 513, 1100, 5000, 8192, 9000].map { paper.groupCount(cohortTokens: $0) } == [1, 1, 2, 3, 10, 16, 16])
    #expect([1100, 5000].map { table.groupCount(cohortTokens: $0) } == [4, 16])
  }

  @Test func everyRuleStaysWithinItsLimitAndGrowsWithTheCohort() {
    for rule in LayerGrouping.Rule.allCases {
      for maxGroups in 1...48 {
        let grouping = LayerGrouping(rule: rule, maxGroups: maxGroups)
        let counts = stride(from: 1, through: 40_000, by: 37).map { grouping.groupCount(cohortTokens: $0) }
        #expect(counts.allSatisfy { (1...maxGroups).contains($0) }, "\(rule), \(maxGroups)")
        #expect(counts == counts.sorted(), "\(rule), \(maxGroups)")
        #expect(counts.last == maxGroups, "\(rule), \(maxGroups)")
      }
    }
  }

  @Test func theFirstGroupsAreLargerWhereTheLayersDoNotDivide() {
    let grouping = LayerGrouping(rule: .fixed, maxGroups: 4)
    #expect(grouping.groups(cohortTokens: 1, layerCount: 10) == [0..<3, 3..<6, 6..<8, 8..<10])
    #expect(grouping.groups(cohortTokens: 1, layerCount: 3) == [0..<1, 1..<2, 2..<3])
  }

  @Test func groupsAreContiguousAndNearEqual() {
    for layerCount in 1...60 {
      for maxGroups in 1...24 {
        let groups = LayerGrouping(rule: .fixed, maxGroups: maxGroups).groups(cohortTokens: 9, layerCount: layerCount)
        #expect(groups.flatMap { Array($0) } == Array(0..<layerCount), "\(layerCount) layers, \(maxGroups) groups")
        let sizes = groups.map(\.count)
        #expect(sizes == sizes.sorted(by: >) && (sizes.first ?? 0) - (sizes.last ?? 0) <= 1)
        #expect(groups.count == min(maxGroups, layerCount))
      }
    }
  }

  @Test func anUnknownGroupRuleNamesTheNearestOne() throws {
    let settings = try config(#"{"cohortTokens": 8, "maxGroups": 2, "groupRule": "tabel"}"#)
    let error = #expect(throws: InputError.self) { try LayeredPrefill(reading: settings, layerCount: 4) }
    #expect(
      error?.description
        == #"test.json: line 1, column 50: groupRule: no group rule "tabel" — did you mean "table"?"#)
  }
}
