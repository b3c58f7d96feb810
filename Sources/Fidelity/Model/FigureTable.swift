import Calibration
import Results

/// Figures that are shown together.
public struct FigureTable: Sendable {
  /// How they are laid out.
  public enum Layout: Hashable, Sendable {
    /// A line each.
    case list
    /// A row a setting and three columns a quantity; the settings' title.
    case grid(String)
  }

  /// What it shows.
  public var title: String
  /// How.
  public var layout: Layout
  /// The figures.
  public var figures: [ComparedFigure]

  /// The table in words.
  public var words: WordTable {
    switch layout {
    case .list: list
    case .grid(let title): grid(title)
    }
  }

  private var list: WordTable {
    let hasBands = figures.contains { $0.band != nil }
    let rows = figures.map { figure in
      [figure.quantity, figure.setting, figure.unit, figure.referenceText, readable(figure.simulated)]
        + (hasBands ? [figure.bandText] : []) + [figure.errorText, figure.reading.rawValue, figure.role.rawValue]
    }
    return WordTable(
      title: title,
      columns: ["quantity", "of", "unit", "measured", "lpsim"] + (hasBands ? ["over seeds"] : [])
        + ["error", "read from", "role"], rows: rows)
  }

  private func grid(_ settingTitle: String) -> WordTable {
    let quantities = figures.map(\.quantity).unique
    let columns = quantities.flatMap { quantity in
      let first = figures.first { $0.quantity == quantity }
      return ["\(quantity), \(first?.unit ?? "")", "lpsim", first?.isInPoints ?? false ? "points" : "%"]
    }
    let rows = figures.map(\.setting).unique.map { setting in
      [setting]
        + quantities.flatMap { quantity in
          figures.first { $0.quantity == quantity && $0.setting == setting }
            .map { [$0.referenceText, readable($0.simulated), errorCell($0)] } ?? ["", "", ""]
        }
    }
    return WordTable(title: title + notes, columns: [settingTitle] + columns, rows: rows)
  }

  private var isFitted: Bool { figures.allSatisfy { $0.role == .fitted } }

  private func errorCell(_ figure: ComparedFigure) -> String {
    (figure.error.map(signed) ?? figure.errorText) + (figure.role == .fitted && !isFitted ? " *" : "")
  }

  /// What all figures of a grid have in common, and what its marks mean.
  private var notes: String {
    let readings = figures.map(\.reading.rawValue).unique.joined(separator: ", ")
    let isMixed = !isFitted && figures.contains { $0.role == .fitted }
    return " (\(readings)\(isFitted ? "; all fitted" : "")\(isMixed ? "; * fitted" : ""))"
  }
}

extension ComparedFigure {
  /// As it was published; what was computed from published values is rounded.
  var referenceText: String {
    let written = exact(reference)
    return (relation == .isBelow ? "below " : "") + (written.count <= 8 ? written : readable(reference))
  }

  var bandText: String { band.map { "\(readable($0.lowerBound)) to \(readable($0.upperBound))" } ?? "" }

  /// `+4.0 %`, `-1.2 points`.
  var errorText: String {
    guard let error else { return simulated < reference ? "below" : "not below" }
    return signed(error) + (isInPoints ? " points" : " %")
  }
}

/// A number with its sign and one digit after the point.
func signed(_ value: Double) -> String { (value >= 0 ? "+" : "") + decimal(value, digits: 1) }

/// A number with so many digits after the point.
func decimal(_ value: Double, digits: Int) -> String { grouped(value, decimals: digits) }
