import Base
import Calibration
import Results
import Testing

@testable import Fidelity

@Suite struct FigureTests {
  private func figure(
    _ reference: Double, _ simulated: Double, _ relation: ComparedFigure.Relation = .equals,
    _ role: ComparedFigure.Role = .predicted
  ) -> ComparedFigure {
    ComparedFigure(
      quantity: "q", setting: "s", unit: "ms", reference: reference, relation: relation, reading: .text, role: role,
      simulated: simulated)
  }

  private func target(_ statistic: String, _ limit: String = ", \"limit\": 10") throws -> TargetSpec {
    let text = "{\"title\": \"t\", \"quantities\": [\"q\"], \"statistic\": \"\(statistic)\"\(limit)}"
    return try TargetSpec(reading: ConfigNode(parsing: text, file: "t.json"))
  }

  @Test func anErrorIsAShareOrADifferenceOrNone() {
    #expect(figure(200, 210).error == 5)
    #expect(figure(-40, -35, .equalsInPoints).error == 5)
    #expect(figure(50, 42, .isBelow).error == nil)
    #expect(
      [figure(200, 210), figure(-40, -45, .equalsInPoints), figure(50, 42, .isBelow), figure(50, 55, .equals, .fitted)]
        .map(\.errorText) == ["+5.0 %", "-5.0 points", "below", "+10.0 %"])
  }

  @Test func percentilesInterpolate() {
    #expect(percentile(90, of: [0, 10]) == 9)
    #expect(median([1, 2, 4]) == 2 && median([7]) == 7)
    #expect(Spread([3, 1, 2]).band == 1...3 && Spread([3]).band == nil)
  }

  @Test func aTargetCountsPredictionsOnly() throws {
    let figures = [figure(100, 108), figure(100, 88), figure(100, 200, .equals, .fitted)]
    #expect(try target("worst").check(figures) == Target(title: "t", found: "12.0 %", isMet: false))
    #expect(try target("median").check(figures) == Target(title: "t", found: "10.0 %", isMet: true))
    #expect(try target("worst").check([figures[2]]) == Target(title: "t", found: "100.0 % (fitted)", isMet: false))
    let signs = [figure(-5, -50, .equalsInPoints), figure(5, -1, .equalsInPoints)]
    #expect(try target("sign", "").check(signs) == Target(title: "t", found: "1 of 2", isMet: false))
  }

  @Test func aTargetWithoutFiguresIsAnError() throws {
    let error = #expect(throws: InputError.self) { try target("worst").check([]) }
    #expect(
      error?.description
        == "t.json: line 1, column 1: no figure is called like this target's quantities and settings")
  }

  @Test func aStatisticIsAKnownWord() {
    let error = #expect(throws: InputError.self) { try target("wurst") }
    #expect(
      error?.description.hasSuffix("statistic: no statistic \"wurst\" — did you mean \"worst\"?") == true)
  }

  @Test func theKneeIsTheLastCrossing() throws {
    let dip = [(1.0, 100.0), (2.0, 80.0), (3.0, 95.0), (4.0, 85.0)].map { (rate: $0.0, attainment: $0.1) }
    #expect(try crossing(dip, below: 90) == 3.5)
    let error = #expect(throws: InputError.self) { try crossing([(1, 100), (2, 95)], below: 90) }
    #expect(
      error?.description
        == "the attainment does not pass 90.0 % between 1.0 and 2.0 requests a second — give "
        + "configs/references/fig3-slo-attainment.json more rates")
  }

  @Test func aGridSaysWhatAllItsFiguresShare() {
    var other = figure(2, 1, .equals, .fitted)
    other.quantity = "r"
    let table = FigureTable(title: "T", layout: .grid("of"), figures: [figure(4, 5), other]).words
    #expect(
      table
        == WordTable(
          title: "T (text; * fitted)", columns: ["of", "q, ms", "lpsim", "%", "r, ms", "lpsim", "%"],
          rows: [["s", "4", "5", "+25.0", "2", "1", "-50.0 *"]]))
  }
}
