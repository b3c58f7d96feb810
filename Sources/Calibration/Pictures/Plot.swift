/// A picture that can stand below others in one SVG.
public protocol Drawing: Sendable {
  /// How high it is.
  var height: Double { get }
  /// Its elements, from its upper left corner on.
  var content: String { get }
}

/// A picture of lines and points between two axes, as SVG that needs nothing else: light or dark as the reader's screen
/// is, in colours that colour-blind people tell apart (Okabe and Ito, 2008), with a legend.
public struct Plot: Drawing {
  /// One entry of the legend.
  public struct Series: Sendable {
    /// How it is drawn.
    public enum Mark: Hashable, Sendable {
      /// A line through the values.
      case line
      /// A broken line through the values.
      case dashes
      /// A dot at each value.
      case points
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

    /// A series of values.
    public init(_ name: String, _ mark: Mark, colour: Int, _ values: [(x: Double, y: Double)]) {
      self.name = name
      self.mark = mark
      self.colour = colour
      self.values = values
    }
  }

  /// What it shows.
  public var title: String
  /// The axis from left to right.
  public var horizontal: PlotScale
  /// The axis from bottom to top.
  public var vertical: PlotScale
  /// What is drawn.
  public var series: [Series]

  /// A picture.
  public init(_ title: String, _ horizontal: PlotScale, _ vertical: PlotScale, _ series: [Series]) {
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
  }

  static let width = 720.0
  private static let frame = (left: 64.0, top: 36.0, right: 696.0, bottom: 330.0)

  /// How high it is with its legend.
  public var height: Double { Self.frame.bottom + 52 + 18 * Double((entries.count + 1) / 2) }

  private var entries: [Series] { series.filter { !$0.name.isEmpty } }

  /// One SVG of pictures below each other.
  public static func svg(_ plots: [any Drawing]) -> String {
    let height = plots.reduce(0) { $0 + $1.height }
    var top = 0.0
    var body = ""
    for plot in plots {
      body += "<g transform=\"translate(0,\(short(top)))\">\n\(plot.content)</g>\n"
      top += plot.height
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(short(width)) \(short(height))" \
      font-family="system-ui, sans-serif" font-size="12" role="img">
      <style>
      svg { background: #ffffff; color: #222222; }
      text { fill: currentColor; } .grid { stroke: currentColor; stroke-opacity: 0.15; }
      .line { fill: none; stroke-width: 1.5; } .dashes { stroke-dasharray: 5 4; } .band { fill-opacity: 0.2; }
      \(colours)
      @media (prefers-color-scheme: dark) { svg { background: #16181d; color: #e6e6e6; } \(rule(0, "#4da6ff")) }
      </style>
      \(body)</svg>

      """
  }

  private static let palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]

  private static var colours: String {
    palette.enumerated().map { rule($0, $1) }.joined(separator: "\n")
  }

  private static func rule(_ index: Int, _ colour: String) -> String {
    ".line.c\(index) { stroke: \(colour); } .point.c\(index), .band.c\(index) { fill: \(colour); }"
  }

  private func across(_ x: Double) -> Double {
    Self.frame.left + horizontal.position(of: x) * (Self.frame.right - Self.frame.left)
  }

  private func up(_ y: Double) -> Double {
    Self.frame.bottom - vertical.position(of: y) * (Self.frame.bottom - Self.frame.top)
  }

  /// Its elements.
  public var content: String {
    let frame = Self.frame
    var svg = Self.text(title, at: (frame.left, 20), "font-size=\"14\" font-weight=\"600\"")
    for tick in horizontal.ticks {
      let x = across(tick)
      svg += Self.line((x, frame.top), (x, frame.bottom))
      svg += Self.text(PlotScale.label(tick), at: (x, frame.bottom + 16), "text-anchor=\"middle\"")
    }
    for tick in vertical.ticks {
      let y = up(tick)
      svg += Self.line((frame.left, y), (frame.right, y))
      svg += Self.text(PlotScale.label(tick), at: (frame.left - 6, y + 4), "text-anchor=\"end\"")
    }
    svg += Self.text(horizontal.title, at: (frame.right, frame.bottom + 32), "text-anchor=\"end\"")
    svg += Self.text(vertical.title, at: (frame.right, frame.top - 6), "text-anchor=\"end\"")
    return svg + series.map(drawn).joined() + legend
  }

  private func drawn(_ series: Series) -> String {
    let places = series.values.map { (across($0.x), up($0.y)) }
    return Self.mark(places, series)
  }

  private static func mark(_ places: [(Double, Double)], _ series: Series) -> String {
    let colour = "c\(series.colour % palette.count)"
    if series.mark == .points {
      return places.map {
        "<circle class=\"point \(colour)\" cx=\"\(short($0.0))\" cy=\"\(short($0.1))\" r=\"2.5\"/>\n"
      }
      .joined()
    }
    let points = places.map { "\(short($0.0)),\(short($0.1))" }.joined(separator: " ")
    if series.mark == .band { return "<polygon class=\"band \(colour)\" points=\"\(points)\"/>\n" }
    let dashes = series.mark == .dashes ? " dashes" : ""
    return "<polyline class=\"line\(dashes) \(colour)\" points=\"\(points)\"/>\n"
  }

  private var legend: String {
    entries.enumerated().map { index, entry in
      let x = Self.frame.left + (index % 2 == 0 ? 0 : 320)
      let y = Self.frame.bottom + 52 + 18 * Double(index / 2)
      let places = entry.mark == .points ? [(x + 11, y - 4)] : [(x, y - 4), (x + 22, y - 4)]
      return Self.mark(places, entry) + Self.text(entry.name, at: (x + 28, y), "")
    }.joined()
  }

  static func line(_ from: (Double, Double), _ to: (Double, Double)) -> String {
    "<line class=\"grid\" x1=\"\(short(from.0))\" y1=\"\(short(from.1))\" x2=\"\(short(to.0))\" y2=\"\(short(to.1))\"/>\n"
  }

  static func text(_ text: String, at place: (Double, Double), _ attributes: String) -> String {
    let space = attributes.isEmpty ? "" : " "
    return "<text x=\"\(short(place.0))\" y=\"\(short(place.1))\"\(space)\(attributes)>\(escaped(text))</text>\n"
  }
}

/// A coordinate with one digit after the point.
func short(_ value: Double) -> String {
  let rounded = (value * 10).rounded() / 10
  return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}

/// Text in which nothing is taken for markup.
public func escaped(_ text: String) -> String {
  text.reduce(into: "") { result, character in
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    default: result.append(character)
    }
  }
}
