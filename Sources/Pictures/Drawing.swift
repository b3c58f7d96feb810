/// A picture that can stand below others in one SVG.
public protocol Drawing: Sendable {
  /// How wide it is.
  var width: Double { get }
  /// How high it is.
  var height: Double { get }
  /// Its elements, from its upper left corner on.
  var content: String { get }
}

extension Drawing {
  /// As wide as a page of text.
  public var width: Double { Plot.Size.page.width }
}

/// Pictures below each other as one SVG element, for a page that has the rules of ``Palette/style``.
public func inlineSVG(_ drawings: [any Drawing], label: String) -> String {
  "<svg \(viewBox(drawings)) role=\"group\" aria-label=\"\(escaped(label))\">\n\(stacked(drawings))</svg>\n"
}

extension Plot {
  /// Pictures below each other as an SVG file that needs nothing else: light or dark as the reader's screen is.
  public static func svg(_ drawings: [any Drawing]) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" \(viewBox(drawings)) \
    font-family="system-ui, sans-serif" font-size="12" role="img">
    <style>
    svg { background: #ffffff; color: #222222; }
    \(Palette.style)
    @media screen and (prefers-color-scheme: dark) { svg { background: #16181d; color: #e6e6e6; } }
    </style>
    \(stacked(drawings))</svg>

    """
  }
}

private func viewBox(_ drawings: [any Drawing]) -> String {
  let width = drawings.map(\.width).max() ?? 0
  return "viewBox=\"0 0 \(short(width)) \(short(drawings.reduce(0) { $0 + $1.height }))\""
}

private func stacked(_ drawings: [any Drawing]) -> String {
  var top = 0.0
  return drawings.map { drawing in
    defer { top += drawing.height }
    return "<g transform=\"translate(0,\(short(top)))\">\n\(drawing.content)</g>\n"
  }.joined()
}

func line(_ from: (Double, Double), _ to: (Double, Double)) -> String {
  "<line class=\"grid\" x1=\"\(short(from.0))\" y1=\"\(short(from.1))\" x2=\"\(short(to.0))\" y2=\"\(short(to.1))\"/>\n"
}

func text(_ text: String, at place: (Double, Double), _ attributes: String) -> String {
  let space = attributes.isEmpty ? "" : " "
  return "<text x=\"\(short(place.0))\" y=\"\(short(place.1))\"\(space)\(attributes)>\(escaped(text))</text>\n"
}

func heading(_ title: String, at place: (Double, Double)) -> String {
  title.isEmpty ? "" : text(title, at: place, "font-size=\"14\" font-weight=\"600\"")
}

/// What a pointer that rests on an element shows.
func hint(_ note: String?) -> String { note.map { "<title>\(escaped($0))</title>" } ?? "" }

/// A coordinate with one digit after the point.
func short(_ value: Double) -> String {
  let rounded = (value * 10).rounded() / 10
  return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}

/// Text in which nothing is taken for markup. What XML cannot hold becomes a replacement character.
public func escaped(_ text: String) -> String {
  text.unicodeScalars.reduce(into: "") { result, character in
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\t", "\n", "\r": result.unicodeScalars.append(character)
    case "\0"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(character)
    }
  }
}
