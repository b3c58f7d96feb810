/// A picture of lines and points between two axes, with a legend.
public struct Plot: Drawing {
  /// One entry of the legend.
  public struct Series: Sendable {
    /// How it is drawn.
    public enum Mark: Hashable, Sendable {
      /// A line through the values.
      case line
      /// A broken line through the values.
      case dashes
      /// A line through the values, broken as its colour is, whose values a pointer reads.
      case curve
      /// A thin broken line in no colour: what should not be crossed.
      case limit
      /// A dot at each value.
      case points
      /// The shape of its colour at each value.
      case shapes
      /// The same, hollow.
      case fadedShapes
      /// The area between lower values, from left to right, and upper ones, from right to left.
      case band
    }

    /// What the legend calls it; nothing if it has no entry of its own.
    public var name: String
    /// How it is drawn.
    public var mark: Mark
    /// Which colour, counted through the palette; series of one colour belong together.
    public var colour: Int
    /// Its values, in the order in which a line goes through them.
    public var values: [(x: Double, y: Double)]
    /// What each shape says when a pointer rests on it; none if they say nothing.
    public var notes: [String]

    /// A series of values.
    public init(
      _ name: String, _ mark: Mark, colour: Int, _ values: [(x: Double, y: Double)], notes: [String] = []
    ) {
      precondition(notes.isEmpty || notes.count == values.count, "a note for each value")
      self.name = name
      self.mark = mark
      self.colour = colour
      self.values = values
      self.notes = notes
    }
  }

  /// How large a picture is.
  public struct Size: Hashable, Sendable {
    /// All of it, from side to side.
    public let width: Double
    /// Above the area between the axes.
    let top: Double
    /// Between the axes, from top to bottom.
    let rise: Double
    /// At how many places the vertical axis may be marked.
    let mostTicks: Int
    /// The longest name for which the legend has two columns.
    let longestName: Int

    /// As wide as a page of text.
    public static let page = Size(width: 720, top: 36, rise: 294, mostTicks: 12, longestName: 60)
    /// Two of them stand side by side.
    public static let half = Size(width: 560, top: 46, rise: 270, mostTicks: 12, longestName: 22)
    /// The same, and low: several stand below each other.
    public static let strip = Size(width: 560, top: 30, rise: 100, mostTicks: 5, longestName: 22)
  }

  /// What it shows.
  public var title: String
  /// The axis from left to right.
  public var horizontal: PlotScale
  /// The axis from bottom to top.
  public var vertical: PlotScale
  /// What is drawn.
  public var series: [Series]
  /// How large it is.
  public var size: Size

  /// A picture.
  public init(
    _ title: String, _ horizontal: PlotScale, _ vertical: PlotScale, _ series: [Series], size: Size = .page
  ) {
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
    self.size = size
  }

  /// How wide it is.
  public var width: Double { size.width }
  /// How high it is with its legend.
  public var height: Double {
    guard entries.isEmpty else { return bottom + 52 + 18 * Double((entries.count + legendColumns - 1) / legendColumns) }
    return bottom + (horizontal.title.isEmpty ? 26 : 42)
  }

  private static let left = 64.0
  private var top: Double { size.top }
  private var right: Double { size.width - 24 }
  private var bottom: Double { top + size.rise }
  private var legendColumns: Int { entries.allSatisfy { $0.name.count <= size.longestName } ? 2 : 1 }
  private var entries: [Series] { series.filter { !$0.name.isEmpty } }

  /// Its elements.
  public var content: String {
    var svg = heading(title, at: (Self.left, 20))
    for tick in horizontal.ticks {
      let x = across(tick)
      svg += line((x, top), (x, bottom))
      svg += text(PlotScale.label(tick), at: (x, bottom + 16), "text-anchor=\"middle\"")
    }
    for tick in verticalTicks {
      let y = up(tick)
      svg += line((Self.left, y), (right, y))
      svg += text(PlotScale.label(tick), at: (Self.left - 6, y + 4), "text-anchor=\"end\"")
    }
    svg += text(horizontal.title, at: (right, bottom + 32), "text-anchor=\"end\"")
    svg += text(vertical.title, at: (right, top - 6), "text-anchor=\"end\"")
    return svg + area + series.map { $0.drawn(at: $0.values.map { (across($0.x), up($0.y)) }) }.joined() + legend
  }

  /// Every mark of the vertical axis, or every second or third where they would be too many.
  private var verticalTicks: [Double] {
    let every = (vertical.ticks.count + size.mostTicks - 1) / size.mostTicks
    return vertical.ticks.enumerated().filter { $0.offset.isMultiple(of: every) }.map(\.element)
  }

  /// What a pointer moves over to read curves: the axes' ends, and whether ratios count.
  private var area: String {
    guard series.contains(where: { $0.mark == .curve }) else { return "" }
    return "<rect class=\"area\" x=\"\(short(Self.left))\" y=\"\(short(top))\" "
      + "width=\"\(short(right - Self.left))\" height=\"\(short(size.rise))\" "
      + "data-x=\"\(horizontal.ends)\" data-y=\"\(vertical.ends)\" "
      + "data-x-title=\"\(escaped(horizontal.title))\" data-y-title=\"\(escaped(vertical.title))\"/>\n"
  }

  private func across(_ x: Double) -> Double { Self.left + horizontal.position(of: x) * (right - Self.left) }

  private func up(_ y: Double) -> Double { bottom - vertical.position(of: y) * size.rise }

  private var legend: String {
    entries.enumerated().map { index, entry in
      let x = Self.left + (index % legendColumns == 0 ? 0 : size.width / 2 - 40)
      let y = bottom + 52 + 18 * Double(index / legendColumns)
      var key = entry
      key.notes = []
      key.name = ""
      return key.drawn(at: key.isPointed ? [(x + 11, y - 4)] : [(x, y - 4), (x + 22, y - 4)])
        + text(entry.name, at: (x + 28, y), "")
    }.joined()
  }
}

extension Plot.Series {
  /// Whether it is drawn value by value.
  fileprivate var isPointed: Bool { [.points, .shapes, .fadedShapes].contains(mark) }

  /// Its elements, its values being at these places of the picture.
  fileprivate func drawn(at places: [(Double, Double)]) -> String {
    let own = "c\(colour % Palette.count)"
    let points = places.map { "\(short($0.0)),\(short($0.1))" }.joined(separator: " ")
    switch mark {
    case .points:
      return places.map {
        "<circle class=\"point \(own)\" cx=\"\(short($0.0))\" cy=\"\(short($0.1))\" r=\"2.5\"/>\n"
      }.joined()
    case .shapes, .fadedShapes: return shapes(at: places, "point \(own)\(mark == .shapes ? "" : " faded")")
    case .band: return "<polygon class=\"band \(own)\" points=\"\(points)\"/>\n"
    case .limit: return "<polyline class=\"limit\" points=\"\(points)\"/>\n"
    case .line: return "<polyline class=\"line \(own)\" points=\"\(points)\"/>\n"
    case .dashes: return "<polyline class=\"line dashes \(own)\" points=\"\(points)\"/>\n"
    case .curve:
      let title = name.isEmpty ? "" : " data-name=\"\(escaped(name))\""
      return "<polyline class=\"line curve \(own)\"\(title) points=\"\(points)\"/>\n"
    }
  }

  private func shapes(at places: [(Double, Double)], _ kind: String) -> String {
    places.enumerated().map { index, place in
      let path = "<path class=\"\(kind)\" d=\"\(Palette.shape(colour, at: place))\""
      return notes.isEmpty ? "\(path)/>\n" : "\(path)>\(hint(notes[index]))</path>\n"
    }.joined()
  }
}
