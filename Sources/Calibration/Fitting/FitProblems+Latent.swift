import Base
import HardwareModels

extension FitProblem {
  /// Absorbed decodes. The kernels' tiles hold 64 heads, whatever a GPU has of them.
  static func latentDecode(_ measurements: [Measurement]) -> FitProblem {
    let parameters = [starts, share("bandwidthEfficiency"), share("flopEfficiency"), exponents]
    let variant = Variant(name: "", parameters: parameters) { values in
      .latentDecode(
        LatentDecodeForm(
          start: Seconds(values[0]), bandwidthEfficiency: values[1], flopEfficiency: values[2], leastHeads: 64,
          overlapExponent: values[3]))
    }
    return FitProblem(
      title: "latent decode attention", family: .mlaDecode, measurements: measurements, variants: [variant])
  }

  /// Prompts in one variant.
  static func latentPrefill(_ kind: LatentVariant, _ measurements: [Measurement]) -> FitProblem {
    let parameters = [
      starts, share("flopEfficiency"), share("bandwidthEfficiency", start: 0.5),
      FitParameter("secondsPerContextToken", in: 1e-11...1e-6, scale: .logarithmic, start: 2e-8),
    ]
    let variant = Variant(name: "", parameters: parameters) { values in
      .latentPrefill(
        LatentPrefillForm(
          variant: kind, start: Seconds(values[0]), flopEfficiency: values[1], bandwidthEfficiency: values[2],
          timePerContextToken: Seconds(values[3])))
    }
    return FitProblem(
      title: "\(kind.rawValue) latent prefill attention", family: .mlaPrefill, measurements: measurements,
      variants: [variant])
  }
}

extension Measurement {
  /// How latent attention of prompts was computed; nil for any other kernel.
  var variant: LatentVariant? {
    if case .latentPrefill(let work) = work { return work.variant }
    return nil
  }
}
