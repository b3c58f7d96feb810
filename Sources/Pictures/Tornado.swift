/// Bars from what a figure is now to what it becomes at either end of each assumption's range, the longest on top.
public struct Tornado: Drawing {
  /// One assumption.
  public struct Bar: Sendable {
    /// What it is called.
    public var name: String
    /// Its values at both ends of its range, as text.
    public var ends: (low: String, high: String)
    /// The figure at both ends.
    public var values: (low: Double, high: Double)

    /// An assumption and what it does.
    public init(_ name: String, ends: (low: String, high: String), values: (low: Double, high: Double)) {
      self.name = name
      self.ends = ends
      self.values = values
    }
  }

  private let title: String
  private let base: Double
  private let bars: [Bar]
  private let scale: PlotScale

  /// A picture of bars, in this order, around the figure as it is.
  public init(_ title: String, around base: Double, _ bars: [Bar], axis: String) {
    self.title = title
    self.base = base
    self.bars = bars
    scale = PlotScale(.linear, around: [base] + bars.flatMap { [$0.values.low, $0.values.high] }, title: axis)
  }

  private static let left = 340.0
  private static let right = 696.0
  private static let top = 36.0
  private static let row = 20.0

  private var bottom: Double { Self.top + Self.row * Double(bars.count) }

  /// How high it is with its legend.
  public var height: Double { bottom + 70 }

  /// Its elements.
  public var content: String {
    var svg = heading(title, at: (24, 20))
    for tick in scale.ticks {
      svg += line((across(tick), Self.top), (across(tick), bottom))
      svg += text(PlotScale.label(tick), at: (across(tick), bottom + 16), "text-anchor=\"middle\"")
    }
    svg += bars.enumerated().map { drawn($1, top: Self.top + Self.row * Double($0)) }.joined()
    svg += "<line stroke=\"currentColor\" x1=\"\(short(across(base)))\" y1=\"\(short(Self.top))\" "
    svg += "x2=\"\(short(across(base)))\" y2=\"\(short(bottom))\"/>\n"
    svg += text(scale.title, at: (Self.right, bottom + 32), "text-anchor=\"end\"")
    for (colour, name) in ["at the low end", "at the high end"].enumerated() {
      let x = Self.left + 130 * Double(colour)
      svg += Self.rectangle((x, bottom + 44), (22, 8), colour) + text(name, at: (x + 28, bottom + 52), "")
    }
    return svg
  }

  private func across(_ value: Double) -> Double { Self.left + scale.position(of: value) * (Self.right - Self.left) }

  /// The bar of an assumption: the two ends above each other, so that both show where they go the same way.
  private func drawn(_ bar: Bar, top: Double) -> String {
    let values = [bar.values.low, bar.values.high]
    let halves = values.enumerated().map { colour, value in
      let from = min(across(base), across(value))
      return Self.rectangle(
        (from, top + 2 + 8 * Double(colour)), ((across(base) - across(value)).magnitude, 8), colour)
    }
    let label = "\(bar.name): \(bar.ends.low) … \(bar.ends.high)"
    return halves.joined() + text(label, at: (Self.left - 8, top + 14), "text-anchor=\"end\" font-size=\"10\"")
  }

  private static func rectangle(_ place: (Double, Double), _ size: (Double, Double), _ colour: Int) -> String {
    "<rect class=\"point c\(colour)\" x=\"\(short(place.0))\" y=\"\(short(place.1))\" width=\"\(short(size.0))\" "
      + "height=\"\(short(size.1))\"/>\n"
  }
}
