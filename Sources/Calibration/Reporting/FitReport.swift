import Base

/// The tables of a fit: how well each form fits, its numbers, and which rows were not used.
public struct FitReport: Sendable {
  private let fits: [KernelFit]
  private let leftOut: [MeasurementSet.LeftOut]
  private let spread: [KernelFit.Part]

  /// The report of a profile.
  public init(_ profile: FittedProfile) throws {
    fits = profile.fits
    spread = try profile.spreadExperts()
    leftOut = profile.measurements.leftOut
  }

  /// All tables.
  public var tables: [WordTable] { [errors, parts, unfitted, values, unused].filter { !$0.rows.isEmpty } }

  private var errors: WordTable {
    func row(_ title: String, _ inSample: FitErrors, _ heldOut: FitErrors) -> [String] {
      [title, "\(inSample.count)", pair(inSample), pair(heldOut), tenth(inSample.worst), inSample.worstPlace]
    }
    var rows = fits.map { row($0.title, $0.inSample, $0.heldOut) } + wholeModels.map(row)
    if fits.count > 1, let inSample = FitErrors(joining: fits.map(\.inSample)),
      let heldOut = FitErrors(joining: fits.map(\.heldOut))
    {
      rows.append(row("all of them", inSample, heldOut))
    }
    return WordTable(
      title: "Error of prices, median / p90 in per cent",
      columns: ["form", "rows", "in-sample", "held out (5 folds)", "worst %", "where"], rows: rows)
  }

  /// Experts of each model over one and two GPUs, priced by the form of their width, where there are several.
  private var wholeModels: [(title: String, inSample: FitErrors, heldOut: FitErrors)] {
    let shards = fits.filter { fit in
      guard case .experts(let form) = fit.form, form.shape?.shard != nil else { return false }
      return fit.measurements.allSatisfy { !$0.isNarrowShard }
    }
    func title(_ fit: KernelFit) -> String {
      "experts \(fit.measurements[0].format.rawValue), \(fit.measurements[0].model), each width by its form, up to 2 GPUs"
    }
    return Set(shards.map(title)).sorted().compactMap { name in
      let own = shards.filter { title($0) == name }
      guard own.count > 1, let inSample = FitErrors(joining: own.map(\.inSample)),
        let heldOut = FitErrors(joining: own.map(\.heldOut))
      else { return nil }
      return (name, inSample, heldOut)
    }
  }

  private var parts: WordTable {
    let rows = fits.flatMap { fit in
      fit.parts.map { [fit.title, $0.name, "\($0.errors.count)", pair($0.errors), tenth($0.errors.worst)] }
        + fit.leftOutModels.map {
          [fit.title, "\($0.name), left out", "\($0.errors.count)", pair($0.errors), tenth($0.errors.worst)]
        }
    }
    return WordTable(
      title: "The same by part; a model that is left out is priced by a fit to the others",
      columns: ["form", "part", "rows", "median / p90 %", "worst %"], rows: rows)
  }

  private var unfitted: WordTable {
    WordTable(
      title: "Experts spread over GPUs, balanced, every GPU with all tokens; nothing is fitted to them",
      columns: ["experts", "rows", "median / p90 %", "worst %", "where"],
      rows: spread.map {
        [$0.name, "\($0.errors.count)", pair($0.errors), tenth($0.errors.worst), $0.errors.worstPlace]
      })
  }

  private var values: WordTable {
    let rows = fits.map { fit in
      let numbers = fit.values.map { "\($0.name) \($0.value)\($0.isAtBound ? " (bound)" : "")" }
      let choice = fit.variant.isEmpty ? [] : [fit.variant]
      return [fit.title, (numbers + choice).joined(separator: ", ")]
    }
    return WordTable(title: "Numbers", columns: ["form", "numbers"], rows: rows)
  }

  private var unused: WordTable {
    let dropped = fits.filter { $0.dropped > 0 }.map {
      [$0.family.rawValue, "outliers of \($0.title)", "\($0.dropped)"]
    }
    return WordTable(
      title: "Rows that were not used", columns: ["table", "reason", "rows"],
      rows: leftOut.map { [$0.family.rawValue, $0.reason, "\($0.count)"] } + dropped)
  }

  /// All tables in Markdown.
  public var markdown: String { tables.map(\.markdown).joined(separator: "\n") }

  /// The report for machines.
  public var json: ConfigNode {
    func errors(_ errors: FitErrors) -> ConfigNode {
      node(
        .object([
          .init("rows", node(.integer(errors.count))), .init("median_percent", node(.number(errors.median))),
          .init("p90_percent", node(.number(errors.p90))), .init("worst_percent", node(.number(errors.worst))),
          .init("worst_at", node(.string(errors.worstPlace))),
        ]))
    }
    func parts(_ parts: [KernelFit.Part]) -> ConfigNode {
      node(.object(parts.map { .init($0.name, errors($0.errors)) }))
    }
    let list = fits.map { fit in
      node(
        .object([
          .init("form", node(.string(fit.title))), .init("choice", node(.string(fit.variant))),
          .init("numbers", node(.object(fit.values.map { .init($0.name, node(.number($0.value))) }))),
          .init("in_sample", errors(fit.inSample)), .init("held_out", errors(fit.heldOut)),
          .init("parts", parts(fit.parts)), .init("left_out_models", parts(fit.leftOutModels)),
          .init("dropped_rows", node(.integer(fit.dropped))),
        ]))
    }
    return node(.object([.init("fits", node(.array(list))), .init("spread_experts", parts(spread))]))
  }
}
