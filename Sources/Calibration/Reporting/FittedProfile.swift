import Base
import HardwareModels

/// An engine profile made of fitted forms and, for what kernels cannot say, of a base profile.
public struct FittedProfile: Sendable {
  /// What it is called.
  public var name: String
  /// The GPUs that were measured, by the names of their data sheets.
  public var measuredOn: [String]
  /// The forms.
  public var fits: [KernelFit]
  /// What was read, and what was left out.
  public var measurements: MeasurementSet
  /// How rows were chosen.
  public var selection: MeasurementSelection
  /// How to make it again.
  public var command: String
  /// The GPU that was measured.
  public var gpu: GPU
  /// What it can do at best by measurement; nil where the tables do not say.
  public var ceilings: Ceilings?
  private let base: ConfigNode
  private let baseName: String

  /// A profile on a base that is read as JSON.
  public init(
    name: String, measuredOn: [String], fits: [KernelFit], measurements: MeasurementSet,
    selection: MeasurementSelection, command: String, gpu: GPU, ceilings: Ceilings?, base: ConfigNode
  ) throws {
    self.name = name
    self.measuredOn = measuredOn
    self.fits = fits
    self.measurements = measurements
    self.selection = selection
    self.command = command
    self.gpu = gpu
    self.ceilings = ceilings
    self.base = base
    baseName = try EngineProfile(reading: base).name
  }

  /// The profile as a file of `configs/engines`; it is read back before it is returned, so that it is known to read.
  public func json() throws -> ConfigNode {
    var tree = try base.setting("name", to: node(.string(name)))
      .setting("measuredOn", to: node(.array(measuredOn.map { node(.string($0)) })))
      .removing("sources")
    for (key, family) in Self.keys {
      guard let value = forms(of: family) else { continue }
      tree = try tree.setting(key, to: value)
    }
    tree = try tree.setting("fit", to: fit()).setting("sources", to: sources())
    let text = tree.prettyJSON() + "\n"
    _ = try EngineProfile(reading: ConfigNode(parsing: text, file: "\(name).json"))
    return tree
  }

  /// Errors on kernels of experts that are spread over GPUs, by format, model and GPUs: nothing is fitted to them.
  public func spreadExperts() throws -> [KernelFit.Part] {
    let pricing = KernelPricing(try EngineProfile(reading: json()), gpu, headDim: 128)
    let spread = measurements.of(.moe).compactMap { measurement in
      measurement.spreadOver.map { gpus in
        (name: "\(measurement.format.rawValue), \(measurement.model) over \(gpus) GPUs", measurement)
      }
    }
    return Set(spread.map(\.name)).sorted().compactMap { name in
      let own = spread.filter { $0.name == name }.map(\.1)
      let prices = own.map { pricing.duration(of: $0.work).value }
      return FitErrors(own, priced: prices).map { KernelFit.Part(name: name, errors: $0) }
    }
  }

  /// Errors of each form, for those who read profiles without the tables.
  private func fit() -> ConfigNode {
    func errors(_ errors: FitErrors) -> ConfigNode {
      node(.array([errors.median, errors.p90].map { node(.number(hundredth($0))) }))
    }
    let list = fits.map { fit in
      let leftOut = fit.leftOutModels.map { part in
        ConfigNode.Member(part.name, errors(part.errors))
      }
      return node(
        .object([
          .init("form", node(.string(fit.title))), .init("rows", node(.integer(fit.measurements.count))),
          .init("medianAndP90Percent", errors(fit.inSample)), .init("heldOutPercent", errors(fit.heldOut)),
          .init("leftOutModelsPercent", node(.object(leftOut))),
        ]))
    }
    return node(.array(list))
  }

  private func hundredth(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  /// Keys of a profile that are fitted, and to which kernels.
  private static let keys: [(key: String, family: KernelFamily)] = [
    ("matrixProducts", .gemm), ("experts", .moe), ("decodeAttention", .decode), ("prefillAttention", .prefill),
    ("mlaDecodeAttention", .mlaDecode), ("mlaPrefillAttention", .mlaPrefill), ("elementwise", .elementwise),
    ("allReduces", .collectives),
  ]

  private func forms(of family: KernelFamily) -> ConfigNode? {
    let own = fits.filter { $0.family == family }.map(\.form.json)
    guard let first = own.first else { return nil }
    return [.decode, .prefill, .mlaDecode, .elementwise].contains(family) ? first : node(.array(own))
  }

  private func sources() throws -> ConfigNode {
    let known = base.member("sources")?.members ?? []
    let inherited = try known.filter { member in !Self.keys.contains { $0.key == member.key && isFitted($0.family) } }
      .map { member in
        let text = try member.node.string()
        let isKernel = Self.keys.contains { $0.key == member.key }
        let prefix = isKernel && baseName != name ? "Not measured here; that of \(baseName): " : ""
        return ConfigNode.Member(member.key, node(.string(prefix + text)))
      }
    let own = Self.keys.filter { isFitted($0.family) }.map { key, family in
      ConfigNode.Member(key, node(.string(source(of: family))))
    }
    let fit = "Written by lpsim calibrate: how far the forms are from the kernels that they were fitted to"
    return node(.object(inherited.filter { $0.key != "fit" } + own + [.init("fit", node(.string(fit)))]))
  }

  private func isFitted(_ family: KernelFamily) -> Bool { fits.contains { $0.family == family } }

  /// What a form was fitted to and how well, in one paragraph.
  private func source(of family: KernelFamily) -> String {
    let own = fits.filter { $0.family == family }.map { fit in
      var text = "\(fit.title): \(fit.measurements.count) rows, median / p90 error \(pair(fit.inSample)) % in-sample, "
      text += "\(pair(fit.heldOut)) % held out (5 folds)"
      for part in fit.leftOutModels { text += ", \(pair(part.errors)) % with \(part.name) left out" }
      let bounds = fit.values.filter(\.isAtBound).map(\.name)
      if !bounds.isEmpty { text += "; at its bound: \(bounds.joined(separator: ", "))" }
      if fit.dropped > 0 { text += "; \(fit.dropped) rows dropped as outliers" }
      return text
    }
    return
      "Fitted to \(files); rows: \(selection.described(family)). \(own.joined(separator: ". ")). Made by: \(command)"
  }

  private var files: String {
    measurements.files.map { shortName(of: $0) }.joined(separator: ", ")
  }
}

/// An error pair as tables print it: `1.4 / 4.1`.
func pair(_ errors: FitErrors) -> String { "\(tenth(errors.median)) / \(tenth(errors.p90))" }

/// One digit after the point.
func tenth(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

/// A value that stands in no file.
func node(_ value: ConfigNode.Value) -> ConfigNode { ConfigNode(value, source: .init(file: "")) }
