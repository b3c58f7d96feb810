/// Colours that colour-blind people tell apart (Okabe and Ito, 2008), and with each a shape and a dash of its own.
public enum Palette {
  /// How many there are before they begin again.
  static let count = colours.count
  private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8f8f8f"]
  private static let dashes = ["", "7 4", "2 3", "9 3 2 3", "12 4", "4 2 1 2", "1 3"]

  /// The rules that all pictures need: a screen that is dark gets a lighter blue, paper is always white.
  public static let style = """
    text { fill: currentColor; } .grid { stroke: currentColor; stroke-opacity: 0.15; }
    .line { fill: none; stroke-width: 1.5; } .dashes { stroke-dasharray: 5 4; } .band { fill-opacity: 0.2; }
    .limit { fill: none; stroke: currentColor; stroke-dasharray: 3 3; stroke-opacity: 0.7; }
    .curve { stroke-width: 2; stroke-linejoin: round; } .faded { fill-opacity: 0.15; stroke-width: 1.2; } .inside { fill: #111111; }
    .area { fill: none; pointer-events: all; }
    \(colours.enumerated().map { rule($0, $1) }.joined(separator: "\n"))
    \(dashes.enumerated().filter { !$1.isEmpty }.map { ".curve.c\($0) { stroke-dasharray: \($1); }" }
      .joined(separator: " "))
    @media screen and (prefers-color-scheme: dark) { \(rule(0, "#4da6ff")) \(rule(5, "#b5e2ff")) }
    """

  private static func rule(_ index: Int, _ colour: String) -> String {
    ".line.c\(index), .faded.c\(index) { stroke: \(colour); } .point.c\(index), .band.c\(index) { fill: \(colour); }"
  }

  /// A shape around a place, as the data of a path: disc, square, triangle, diamond, triangle upside down, cross, bar.
  static func shape(_ colour: Int, at place: (Double, Double)) -> String {
    let (x, y) = place
    func from(_ across: Double, _ down: Double) -> String { "M\(short(x + across)) \(short(y + down))" }
    switch colour % count {
    case 0: return from(-4, 0) + "a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"
    case 1: return from(-3.6, -3.6) + "h7.2v7.2h-7.2z"
    case 2: return from(0, -4.8) + "l4.6 8h-9.2z"
    case 3: return from(0, -5) + "l4.6 5l-4.6 5l-4.6-5z"
    case 4: return from(0, 4.8) + "l4.6-8h-9.2z"
    case 5: return from(-4.5, -1.4) + "h3.1v-3.1h2.8v3.1h3.1v2.8h-3.1v3.1h-2.8v-3.1h-3.1z"
    default: return from(-5, -2) + "h10v4h-10z"
    }
  }
}
