import Base
import Results

/// A study in tables and sentences.
public struct Report: Sendable {
  let study: Study
  let figures: [Figure]
  let price: Double?

  /// A report.
  /// - Parameter price: what a GPU costs an hour, in any currency; nil for no costs.
  public init(of study: Study, pricePerGPUHour price: Double? = nil) {
    self.study = study
    self.price = price
    figures = Figure.all(
      beside: study.question.objective, price: price, gpuCount: study.question.deployment.gpuCount)
  }

  var question: Question { study.question }
  private var objective: Objective { question.objective }

  /// Tables of the policies with the deployment's settings and at their best, and what they mean.
  public var text: String {
    let seeds = question.seeds.count
    var text = table(study.asItIs)
    if !study.best.isEmpty { text += "\nAt their best\n\n" + table(study.best) }
    for refused in study.refused { text += "cannot be: \(refused)\n" }
    let interval = seeds > 1 ? "; ± is half of the 95 % confidence interval of the mean" : ""
    text += "\(readable(Double(study.simulations))) simulations, \(seeds) seed\(seeds == 1 ? "" : "s")\(interval)\n"
    return text
  }

  private func table(_ standings: [Standing]) -> String {
    var table = TextTable(
      [("metric", .left), ("unit", .left)] + standings.map { ($0.contender.label, .right) }
        + (standings.count == 2 ? [("change", .right)] : []))
    table.add(cells(objective.title, objective.unit, standings.map(\.cell)))
    guard standings.contains(where: { !$0.runs.isEmpty }) else { return table.text }
    table.addHeading(objective.isRate ? "At that rate" : "At the same rate")
    for figure in figures {
      table.add(
        cells(
          "  " + figure.title, figure.unit,
          standings.map { $0.estimate(figure.value).map { .estimate($0) } ?? .words("–") }))
    }
    return table.text
  }

  private func cells(_ title: String, _ unit: MetricUnit, _ cells: [Cell]) -> [String] {
    let estimates = cells.map(\.estimate)
    let scale = unit.scale(for: estimates.compactMap { $0?.mean.magnitude }.max() ?? 0)
    let decimals = decimals(for: estimates.compactMap { $0.map { $0.mean / scale.worth } })
    let texts = cells.map { cell in
      switch cell {
      case .words(let words): return words
      case .estimate(let estimate):
        let mean = grouped(estimate.mean / scale.worth, decimals: decimals)
        return estimate.margin.map { "\(mean) ± \(grouped($0 / scale.worth, decimals: decimals))" } ?? mean
      }
    }
    guard cells.count == 2 else { return [title, scale.symbol] + texts }
    return [title, scale.symbol] + texts + [change(from: estimates[0]?.mean, to: estimates[1]?.mean, unit)]
  }
}

/// What stands in a table.
private enum Cell {
  case estimate(Estimate)
  case words(String)

  var estimate: Estimate? {
    if case .estimate(let estimate) = self { estimate } else { nil }
  }
}

extension Standing {
  /// What the first seed came to that has no value; nil where all have one.
  var exception: Outcome? { outcomes.first { $0.value == nil } }

  /// The mean, or what is known where there is none.
  fileprivate var cell: Cell {
    estimate.map { .estimate($0) } ?? .words(exception?.bound ?? "–")
  }
}

extension Outcome {
  /// The capacity that is only known to be above or below a rate, in words.
  var bound: String? {
    switch self {
    case .below(let rate): "below \(readable(rate))"
    case .above(let rate): "above \(readable(rate))"
    case .value, .none: nil
    }
  }
}
