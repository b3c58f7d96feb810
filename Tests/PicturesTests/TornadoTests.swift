import Pictures
import Testing

@Suite struct TornadoTests {
  @Test func barsReachFromTheBaseToBothEnds() {
    let bar = Tornado.Bar("host < time", ends: ("1", "3"), values: (-10, 10))
    let svg = Plot.svg([Tornado("TTFT", around: 0, [bar], axis: "change in %")])
    let bars = svg.split(separator: "\n").filter { $0.hasPrefix("<rect ") }
    #expect(
      bars.prefix(2) == [
        "<rect class=\"point c0\" x=\"340\" y=\"38\" width=\"178\" height=\"8\"/>",
        "<rect class=\"point c1\" x=\"518\" y=\"46\" width=\"178\" height=\"8\"/>",
      ])
    #expect(bars.count == 4, "two of them in the legend")
    #expect(svg.contains("host &lt; time: 1 … 3"))
  }
}
