import Testing

@testable import Pictures

@Suite struct StackedBarsTests {
  private let bars = StackedBars(
    "Energy", parts: ["idle", "none", "busy"], [.init("a < b", [2, 0, 6]), .init("c", [1, 0, 1])], axis: "J"
  ) { "\(Int($0))" }

  @Test func partsStandBehindEachOtherAsLongAsTheirValues() {
    let parts = bars.content.split(separator: "\n").filter { $0.hasPrefix("<rect ") }.prefix(4)
    // 452 units hold 8; a gap of one parts neighbours.
    #expect(
      parts.map { $0.split(separator: "\"")[3] + " " + $0.split(separator: "\"")[7] } == [
        "24 112", "137 338", "24 55.5", "80.5 55.5",
      ])
    #expect(parts.first?.hasSuffix("<title>a &lt; b, idle: 2</title></rect>") == true)
  }

  @Test func partsThatNobodyHasAreLeftOut() {
    #expect(bars.parts == ["idle", "busy"] && bars.bars.map(\.values) == [[2, 6], [1, 1]])
    #expect(!bars.content.contains("none"))
  }

  @Test func everyColourHasAShapeOfItsOwn() {
    let shapes = (0..<Palette.count).map { Palette.shape($0, at: (10, 10)) }
    #expect(Set(shapes).count == shapes.count)
  }

  @Test func shapesSayWhatTheyAreAndLegendsDoNot() {
    let axis = PlotScale(.linear, around: [0, 1], title: "t")
    let series = [
      Plot.Series("p", .shapes, colour: 1, [(0, 0), (1, 1)], notes: ["<one>", "two"]),
      Plot.Series("q", .curve, colour: 1, [(0, 0), (1, 1)]),
    ]
    let svg = Plot.svg([Plot("", axis, axis, series, size: .half)])
    #expect(svg.split(separator: "<title>").count == 3 && svg.contains("<title>&lt;one&gt;</title>"))
    #expect(svg.contains("data-x=\"0.0 1.0 linear\"") && svg.split(separator: "data-name=\"q\"").count == 2)
  }
}
