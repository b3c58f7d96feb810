import Base
import HardwareModels
import Sim

extension RunnerCalibration {
  /// What was measured so far, put in tables and fitted.
  public var times: OperatorTimes {
    let layers = Double(runner.real.transformer.layerCount)
    let prompts = samples.filter { !$0.batch.tiles.isEmpty }
    let decodes = samples.filter { !$0.batch.decodes.isEmpty }
    let layerSeconds = { (sample: Sample) in (count: sample.rows, seconds: sample[.layers] / layers) }
    return OperatorTimes(
      promptLayer: TimeTable(prompts.map(layerSeconds)),
      decodeLayer: TimeTable(continuations.map(layerSeconds)),
      prefillAttention: LinearTime(fitting: means(prompts, .prefillAttention, share: layers, prefillCounts)),
      decodeAttention: LinearTime(fitting: means(decodes, .decodeAttention, share: layers, decodeCounts)),
      ends: TimeTable(samples.map { (count: $0.emitted, seconds: $0[.ends]) }),
      entry: LinearTime(
        fitting: samples.map { (counts: [1, Double($0.rows)], seconds: $0[.host] + $0[.rows]) }))
  }

  /// Decodes of words that the model said itself.
  private var continuations: [Sample] {
    samples.filter { sample in
      !sample.batch.decodes.isEmpty && sample.batch.decodes.allSatisfy { $0.position < slotTokens - 1 }
    }
  }

  /// Distinct experts of a layer call by prompt tokens, and by decoded ones: what was counted, mean over layers. Prompt
  /// tokens are neighbours, at the beginning of long prompts and at other places in them.
  public var coverage: (prompt: [(rows: Int, experts: Double)], decode: [(rows: Int, experts: Double)]) {
    func means(isPrompt: Bool) -> [(rows: Int, experts: Double)] {
      let counts = counts.filter { $0.isPrompt == isPrompt }
      return Set(counts.map(\.rows)).sorted().map { rows in
        let found = counts.filter { $0.rows == rows }.map(\.experts)
        return (rows, found.reduce(0, +) / Double(found.count))
      }
    }
    return (means(isPrompt: true), means(isPrompt: false))
  }

  private func prefillCounts(_ sample: Sample) -> [Double] {
    var work = PrefillWork()
    for tile in sample.batch.tiles { work.add(tile.tokens, window: nil) }
    return [work.requests, work.tokens, work.attendedPairs, work.cachedTokensRead].map { Double($0) }
  }

  private func decodeCounts(_ sample: Sample) -> [Double] {
    let contexts = sample.batch.decodes.reduce(0) { $0 + $1.position + 1 }
    return [1, Double(sample.batch.decodes.count), Double(contexts)]
  }

  /// One measurement for each set of counts, the mean over its samples.
  private func means(
    _ samples: [Sample], _ section: RunnerSection, share: Double, _ counts: (Sample) -> [Double]
  ) -> [(counts: [Double], seconds: Double)] {
    var groups: [(counts: [Double], seconds: [Double])] = []
    for sample in samples {
      let key = counts(sample)
      if let index = groups.firstIndex(where: { $0.counts == key }) {
        groups[index].seconds.append(sample[section] / share)
      } else {
        groups.append((key, [sample[section] / share]))
      }
    }
    return groups.map { ($0.counts, mean($0.seconds)) }
  }
}

extension RunnerCalibration.Sample {
  /// Rows of every layer.
  var rows: Int { batch.decodes.count + batch.tiles.reduce(0) { $0 + $1.tokens.count } }
  var emitted: Int { batch.decodes.count + batch.tiles.count { $0.emits } }
}
