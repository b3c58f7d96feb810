import Testing

@testable import Pictures

@Suite struct PlotTests {
  @Test func ticksAreRound() {
    #expect(PlotScale(.linear, around: [0, 93], title: "").ticks == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
    #expect(PlotScale(.logarithmic, around: [3, 700], title: "").ticks == [2, 5, 10, 20, 50, 100, 200, 500, 1000])
    #expect(PlotScale(.logarithmic, around: [1, 2e6], title: "").ticks == [1, 10, 100, 1e3, 1e4, 1e5, 1e6])
    #expect(PlotScale(.linear, around: [5, 5], title: "").ticks.count >= 2)
  }

  @Test func everyValueLiesOnItsAxis() {
    for values in [[0.003, 17], [1, 1], [2e5, 3e5]] {
      for kind in [PlotScale.Kind.linear, .logarithmic] {
        let scale = PlotScale(kind, around: values, title: "")
        for value in values + scale.ticks { #expect((-1e-9...1 + 1e-9).contains(scale.position(of: value))) }
      }
    }
  }

  @Test func labelsAreShort() {
    #expect([0.5, 20, 1500, 2e6, 3.35e12, 0].map(PlotScale.label) == ["0.5", "20", "1.5k", "2M", "3.35T", "0"])
  }

  @Test func textIsNotMarkup() {
    let axis = PlotScale(.linear, around: [0, 1], title: "a < b & c")
    let svg = Plot.svg([Plot("\"x\"", axis, axis, [.init("y > z", .line, colour: 0, [(0, 0), (1, 1)])])])
    #expect(svg.contains("a &lt; b &amp; c") && svg.contains("&quot;x&quot;") && svg.contains("y &gt; z"))
  }

  @Test func aPictureHoldsWhatItIsGiven() {
    let axis = PlotScale(.linear, around: [0, 1], title: "")
    let points = Plot.Series("points", .points, colour: 1, [(0, 0), (0.5, 1), (1, 1)])
    let svg = Plot.svg([
      Plot("t", axis, axis, [points]), Plot("u", axis, axis, [.init("", .dashes, colour: 2, [(0, 1)])]),
    ])
    // Three dots and one in the legend; the second series has no entry.
    #expect(svg.split(separator: "<circle").count == 5 && svg.split(separator: "<polyline").count == 2)
    #expect(svg.split(separator: "<g ").count == svg.split(separator: "</g>").count)
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
  }
}
