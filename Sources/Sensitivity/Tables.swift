import Base
import Results

extension OneAtATime {
  /// Parameters whose swing is smaller, in percentage points, are only named.
  private static let leastSwing = 0.05

  /// The changes with the deployment as it is, and for each headline a table of parameters by their swing.
  public var text: String {
    var table = TextTable([("change in %", .left), ("mean", .right), ("lowest", .right), ("highest", .right)])
    for (index, headline) in headlines.enumerated() {
      let known = seeds[index].compactMap(\.self)
      table.add([headline.title, points(base[index]), points(known.min()), points(known.max())])
    }
    return table.text + headlines.indices.map { "\n" + ranking($0) }.joined()
  }

  private func ranking(_ headline: Int) -> String {
    let title = headlines[headline].title
    guard let base = base[headline] else { return "\(title): no value\n" }
    var table = TextTable(
      [("\(title), change in %", .left), ("low", .right), ("high", .right)]
        + [("at low", .right), ("at high", .right), ("swing", .right)])
    table.add(["as it is", "", "", points(base), points(base), ""])
    let ranked = ranked(by: headline)
    for (effect, swing) in ranked where swing >= Self.leastSwing {
      table.add(
        [effect.parameter.key.description, effect.values.low, effect.values.high]
          + [points(effect.low[headline]), points(effect.high[headline]), tenths(swing)])
    }
    let rest = ranked.count { $0.swing < Self.leastSwing }
    return table.text + (rest > 0 ? "and \(rest) with a swing below 0.05\n" : "")
  }
}

extension Sampled {
  /// The spread of each headline, and what the parameters have to do with it.
  public var text: String {
    var spread = TextTable(
      [("change in %", .left), ("p5", .right), ("p50", .right), ("p95", .right), ("samples won", .right)])
    for (index, headline) in headlines.enumerated() {
      let share = winShare(index).map { "\(tenths(100 * $0)) %" } ?? "–"
      spread.add([headline.title] + [0.05, 0.5, 0.95].map { points(quantile(index, $0)) } + [share])
    }
    var table = TextTable([("rank correlation", .left)] + headlines.map { ($0.title, .right) })
    for index in notable {
      table.add([parameters[index].key.description] + headlines.indices.map { hundredths(correlation(index, $0)) })
    }
    return spread.text + "\n" + table.text + "Only parameters with a correlation of at least "
      + "\(hundredths(notableCorrelation)): less may be chance.\n"
  }

  /// Parameters with any correlation that is unlikely to be chance, the strongest first.
  private var notable: [Int] {
    let strength = parameters.indices.map { parameter in
      headlines.indices.compactMap { correlation(parameter, $0)?.magnitude }.max() ?? 0
    }
    return parameters.indices.filter { strength[$0] >= notableCorrelation }
      .sorted { (strength[$1], $0) < (strength[$0], $1) }
  }
}

extension BreakEven {
  /// For each parameter and headline where the second policy wins.
  public func text(in tree: ConfigNode) throws -> String {
    var table = TextTable(
      [("parameter", .left), ("now", .right), ("from", .right), ("to", .right), ("headline", .left)]
        + [("change in %", .right), ("wins", .left)])
    for line in lines {
      func value(_ share: Double?) throws -> String { try line.parameter.text(at: share, in: tree, digits: 3) }
      table.add([
        line.parameter.key.description, try value(nil), try value(0), try value(1), line.headline.title,
        "\(points(line.grid[0])) to \(points(line.grid[line.grid.count - 1]))", try line.sentence(in: tree),
      ])
    }
    return table.text
  }
}

extension BreakEven.Line {
  /// Where it wins, in words.
  func sentence(in tree: ConfigNode) throws -> String {
    if wins.isEmpty { return "nowhere" }
    return try wins.map { stretch in
      func value(_ share: Double) throws -> String { try parameter.text(at: share, in: tree, digits: 3) }
      switch (stretch.lowerBound == 0, stretch.upperBound == 1) {
      case (true, true): return "everywhere"
      case (true, false): return "up to \(try value(stretch.upperBound))"
      case (false, true): return "from \(try value(stretch.lowerBound)) on"
      case (false, false): return "from \(try value(stretch.lowerBound)) to \(try value(stretch.upperBound))"
      }
    }.joined(separator: " and ")
  }
}

private func points(_ change: Double?) -> String { change.map(signed) ?? "–" }

private func tenths(_ value: Double) -> String { String(signed(value).drop { $0 == "+" }) }

private func hundredths(_ value: Double?) -> String { value.map { "\(($0 * 100).rounded() / 100)" } ?? "–" }
