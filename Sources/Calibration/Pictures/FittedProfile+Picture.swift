import Base
import HardwareModels
import Pictures

extension FittedProfile {
  /// Measured and fitted times of each family of kernels, and all kernels under the GPU's roofline, as SVG.
  public func picture() throws -> String {
    let times = KernelFamily.allCases.compactMap { timePlot($0) }
    return Plot.svg(times + [roofline].compactMap { $0 })
  }

  private static let curves = 6

  /// Time against tokens, rows or bytes: up to six curves, chosen evenly among those that have at least four points;
  /// dots are measured, lines are fitted.
  private func timePlot(_ family: KernelFamily) -> Plot? {
    let own = fits.filter { $0.family == family && !($0.isRepeated(in: fits)) }
    let points = own.flatMap { zip($0.measurements, $0.priced) }
    let names = Set(points.map(\.0.series)).sorted()
      .filter { name in points.count { $0.0.series == name } >= 4 }
    guard !names.isEmpty else { return nil }
    let chosen =
      names.count <= Self.curves
      ? names : (0..<Self.curves).map { names[$0 * (names.count - 1) / (Self.curves - 1)] }
    var series: [Plot.Series] = []
    for (colour, name) in chosen.enumerated() {
      let curve = points.filter { $0.0.series == name }.sorted { ($0.0.size, $0.1) < ($1.0.size, $1.1) }
      series.append(Plot.Series(name, .points, colour: colour, curve.map { ($0.0.size, $0.0.seconds * 1e6) }))
      series.append(Plot.Series("", .line, colour: colour, curve.map { ($0.0.size, $0.1 * 1e6) }))
    }
    return plot(
      "\(family.title): dots measured, lines fitted", series, x: family.sizeTitle, y: "microseconds")
  }

  /// Arithmetic each second against arithmetic for each byte, under what was measured at best or, where that is not
  /// known, under what the data sheet allows.
  private var roofline: Plot? {
    var series: [Plot.Series] = []
    for (colour, family) in KernelFamily.allCases.enumerated() {
      let own = fits.filter { $0.family == family && !$0.isRepeated(in: fits) }.flatMap(\.measurements)
        .filter { $0.flops > 0 && $0.bytes > 0 }
      let points = own.map { (x: $0.flops / $0.bytes, y: $0.flops / $0.seconds) }
      if !points.isEmpty { series.append(Plot.Series(family.title, .points, colour: colour, points)) }
    }
    let intensities = series.flatMap { $0.values.map(\.x) }
    guard let low = intensities.min(), let high = intensities.max() else { return nil }
    let peak = ceilings?.arithmetic.value ?? gpu.peakBF16.value
    let bandwidth = ceilings?.bandwidth.value ?? gpu.memoryBandwidth.value
    let roof = [min(low, peak / bandwidth), peak / bandwidth, max(high, peak / bandwidth)]
      .map { (x: $0, y: min($0 * bandwidth, peak)) }
    let name =
      ceilings == nil ? "bandwidth and BF16 peak of the data sheet" : "measured ceilings of memory and arithmetic"
    series.append(Plot.Series(name, .line, colour: 5, roof))
    return plot("Roofline of \(gpu.name)", series, x: "FLOP a byte", y: "FLOP a second")
  }

  private func plot(_ title: String, _ series: [Plot.Series], x: String, y: String) -> Plot {
    Plot(
      title, PlotScale(.logarithmic, around: series.flatMap { $0.values.map(\.x) }, title: x),
      PlotScale(.logarithmic, around: series.flatMap { $0.values.map(\.y) }, title: y), series)
  }
}

extension KernelFit {
  /// Whether its measurements are also those of forms for single models.
  fileprivate func isRepeated(in fits: [KernelFit]) -> Bool {
    family == .moe && !leftOutModels.isEmpty
      && fits.contains {
        $0.family == .moe && $0.title != title && $0.measurements.first?.format == measurements.first?.format
      }
  }
}

extension KernelFamily {
  /// What people call it.
  var title: String {
    switch self {
    case .moe: "MoE layers"
    case .gemm: "Matrix products"
    case .prefill: "Prefill attention"
    case .decode: "Decode attention"
    case .mlaPrefill: "Latent prefill attention"
    case .mlaDecode: "Latent decode attention"
    case .elementwise: "Elementwise kernels"
    case .collectives: "All-reduce"
    }
  }

  /// What its times are drawn against.
  var sizeTitle: String {
    switch self {
    case .moe: "tokens"
    case .gemm: "rows"
    case .prefill, .mlaPrefill: "new tokens of a prompt"
    case .decode, .mlaDecode: "tokens of context"
    case .elementwise: "tokens"
    case .collectives: "bytes"
    }
  }
}
