import Analysis
import HardwareModels
import Pictures

extension DeploymentAnalysis {
  /// Operators with a name of their own in a picture; the rest share a colour.
  private static let named = 5

  /// The rooflines of prefill and decode with a dot for each operator and batch, as SVG.
  var picture: String { Plot.svg([plot("prefill", phases.prefix(1)), plot("decode", phases.dropFirst())]) }

  private func plot(_ name: String, _ phases: ArraySlice<PhaseAnalysis>) -> Plot {
    let operators = phases.flatMap(\.operators).compactMap { operation in
      operation.intensity.map { (operation, x: $0.value, y: operation.rate.value / 1e12) }
    }
    let byTime = operators.sorted { $0.0.cost.duration > $1.0.cost.duration }
    var names: [String] = []
    for name in byTime.map(\.0.cost.name) where !names.contains(name) { names.append(name) }
    let shown = names.prefix(Self.named)
    func dots(_ title: String, _ colour: Int, _ isMeant: (String) -> Bool) -> Plot.Series {
      Plot.Series(title, .points, colour: colour, operators.filter { isMeant($0.0.cost.name) }.map { ($0.x, $0.y) })
    }
    let own = shown.enumerated().map { colour, name in dots(name, colour, { $0 == name }) }
    let rest = names.count > shown.count ? [dots("others", Self.named) { !shown.contains($0) }] : []
    let roofs = roofs(operators.map(\.x))
    let all = (own + rest + roofs).flatMap(\.values)
    return Plot(
      "\(deployment.name), \(name): operators on a GPU under its roofline",
      PlotScale(.logarithmic, around: all.map(\.x), title: "FLOP a byte"),
      PlotScale(.logarithmic, around: all.map(\.y), title: "TFLOP/s"), roofs + own + rest)
  }

  /// A line for each format that operators multiply in: up with bandwidth, level from its ridge point on.
  private func roofs(_ intensities: [Double]) -> [Plot.Series] {
    let gpu = deployment.gpu
    let used = phases.flatMap(\.operators).compactMap(\.cost.arithmetic)
    return NumberFormat.allCases.filter(used.contains).enumerated().compactMap { index, format in
      guard let ridge = gpu.ridgePoint(for: format)?.value, let peak = gpu.peak(for: format)?.value else { return nil }
      let low = min(intensities.min() ?? ridge, ridge / 10)
      let high = max(intensities.max() ?? ridge, 10 * ridge)
      return Plot.Series(
        "roofline, \(format.rawValue)", index == 0 ? .line : .dashes, colour: 2 * index,
        [(low, low * gpu.memoryBandwidth.value / 1e12), (ridge, peak / 1e12), (high, peak / 1e12)])
    }
  }
}
