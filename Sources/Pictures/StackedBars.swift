/// Bars that consist of parts, one below the other, each with what it is above it and its sum behind it.
public struct StackedBars: Drawing {
  /// One bar.
  public struct Bar: Sendable {
    /// What it is.
    public var name: String
    /// How much it has of each part, zero or more.
    public var values: [Double]

    /// A bar.
    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// What it shows.
  public let title: String
  /// What the parts are called.
  public let parts: [String]
  /// The bars from top to bottom.
  public let bars: [Bar]
  private let scale: PlotScale
  private let format: @Sendable (Double) -> String

  /// A picture; parts of which no bar has anything are left out.
  /// - Parameter format: a value for people.
  public init(
    _ title: String, parts: [String], _ bars: [Bar], axis: String, format: @escaping @Sendable (Double) -> String
  ) {
    precondition(bars.allSatisfy { $0.values.count == parts.count }, "a bar has a value for each part")
    let present = parts.indices.filter { part in bars.contains { $0.values[part] > 0 } }
    self.title = title
    self.parts = present.map { parts[$0] }
    self.bars = bars.map { bar in Bar(bar.name, present.map { bar.values[$0] }) }
    self.format = format
    scale = PlotScale(.linear, around: [0] + bars.map { $0.values.reduce(0, +) }, title: axis)
  }

  /// The first colours belong to policies.
  private static let firstColour = 2
  private static let left = 24.0
  private static let right = 476.0
  private static let top = 34.0
  private static let row = 46.0
  private static let thickness = 22.0

  private var bottom: Double { Self.top + Self.row * Double(bars.count) + 4 }

  /// As wide as half a page.
  public var width: Double { Plot.Size.half.width }
  /// How high it is with its legend.
  public var height: Double { bottom + 52 + 18 * Double((parts.count + 2) / 3) }

  /// Its elements.
  public var content: String {
    var svg = heading(title, at: (Self.left, 20))
    for tick in scale.ticks {
      svg += line((across(tick), Self.top), (across(tick), bottom))
      svg += text(PlotScale.label(tick), at: (across(tick), bottom + 16), "text-anchor=\"middle\"")
    }
    svg += text(scale.title, at: (Self.right, bottom + 32), "text-anchor=\"end\"")
    svg += bars.enumerated().map { drawn($1, top: Self.top + Self.row * Double($0) + 6) }.joined()
    for (index, part) in parts.enumerated() {
      let (x, y) = (Self.left + 170 * Double(index % 3), bottom + 52 + 18 * Double(index / 3))
      svg += rectangle(index, from: x, to: x + 16, y - 10, 11, nil) + text(part, at: (x + 22, y), "")
    }
    return svg
  }

  private func across(_ value: Double) -> Double { Self.left + scale.position(of: value) * (Self.right - Self.left) }

  private func drawn(_ bar: Bar, top: Double) -> String {
    let whole = bar.values.reduce(0, +)
    var svg = text(bar.name, at: (Self.left, top + 10), "")
    var sum = 0.0
    for (index, value) in bar.values.enumerated() where value > 0 {
      let (from, to) = (across(sum), across(sum + value))
      sum += value
      svg += rectangle(
        index, from: from, to: to, top + 15, Self.thickness, "\(bar.name), \(parts[index]): \(format(value))")
      if to - from > 44 {
        svg += text(format(value), at: ((from + to) / 2, top + 30), "class=\"inside\" text-anchor=\"middle\"")
      }
    }
    return svg + text(format(whole), at: (across(whole) + 8, top + 30), "font-weight=\"600\"")
  }

  private func rectangle(
    _ colour: Int, from: Double, to: Double, _ top: Double, _ height: Double, _ note: String?
  ) -> String {
    "<rect class=\"point part c\((Self.firstColour + colour) % Palette.count)\" x=\"\(short(from))\" y=\"\(short(top))\" "
      + "width=\"\(short(max(to - from - 1, 0.5)))\" height=\"\(short(height))\">\(hint(note))</rect>\n"
  }
}
