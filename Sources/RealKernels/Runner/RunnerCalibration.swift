import Base
import HardwareModels
import Sim

/// Measures the operators of a real transformer on batches that no policy made: prompts of many lengths behind pasts of
/// many lengths, and decodes of many requests. Each round runs every batch once, so that a median over rounds lets the
/// machine's drift hit all of them alike.
public struct RunnerCalibration {
  /// One batch that was run, and what it took.
  struct Sample {
    var batch: RunnerBatch
    var seconds: [Double]
    var distinctExperts: Double

    subscript(section: RunnerSection) -> Double { seconds[section.rawValue] }
  }

  private var runner: TransformerRunner
  private let mostTokens: Int
  private let mostRequests: Int
  private let slotTokens: Int
  private var random: SeededRandom
  private var samples: [Sample] = []
  /// The answers that the slots' requests continue, so that decoded words are words that the model says.
  private var conversations: [[Int32]] = []

  private static let promptTokens = 24

  /// Measurements of iterations with up to so many prompt tokens and decoding requests, in requests of up to
  /// `maxModelLen` tokens.
  public init(
    _ real: RealTransformer, mostTokens: Int, mostRequests: Int, maxModelLen: Int, seed: UInt64
  ) throws {
    guard real.transformer.windowedLayerCount == 0 else {
      throw InputError(.config, "\(real.model.name) has windowed layers, whose attention is not measured here")
    }
    runner = try TransformerRunner(real, slotTokens: maxModelLen, slotCount: mostRequests)
    runner.clock = SectionClock()
    self.mostTokens = mostTokens
    self.mostRequests = mostRequests
    slotTokens = maxModelLen
    random = SeededRandom(seed: seed, stream: "calibration words")
    try runner.memory.fillRandomly(seed: seed)
    try measure(tile(tokens: min(mostTokens, maxModelLen), past: 0))
    try beginConversations()
    samples = []
  }

  /// Forgets what was measured.
  public mutating func restart() { samples = [] }

  /// Runs every batch once.
  public mutating func measureRound(check: () throws -> Void = {}) throws {
    for tokens in Self.grid(upTo: min(mostTokens, slotTokens)) {
      try check()
      try measure(tile(tokens: tokens, past: 0))
      let room = slotTokens - tokens
      if room > 0, tokens % 32 == 0 || tokens == 1 { try measure(tile(tokens: tokens, past: room)) }
    }
    for requests in Self.grid(upTo: mostRequests) {
      try check()
      try measure(continuing(requests), continues: true)
      let far = slotTokens - 1
      try measure(
        RunnerBatch(decodes: (0..<requests).map { RunnerBatch.Decode(slot: $0, position: far, word: word()) }))
    }
  }

  /// 1, 2, 3, 4, 6, 8, 12, ... and the limit itself.
  static func grid(upTo limit: Int) -> [Int] {
    var counts = [1]
    var power = 2
    while power <= limit {
      counts += [power, power * 3 / 2]
      power *= 2
    }
    return counts.filter { $0 < limit } + [limit]
  }

  private mutating func measure(_ batch: RunnerBatch, continues: Bool = false) throws {
    runner.clock?.restart()
    let words = try runner.run(batch)
    guard let seconds = runner.clock?.seconds else { preconditionFailure("a calibration has a clock") }
    let counts = try runner.distinctExperts().flatMap(\.counts)
    let distinct = Double(counts.reduce(0, +)) / Double(counts.count)
    samples.append(Sample(batch: batch, seconds: seconds, distinctExperts: distinct))
    guard continues else { return }
    for (decode, word) in zip(batch.decodes, words) { conversations[decode.slot].append(word) }
  }

  private mutating func word() -> Int32 { Int32(random.uniform() * Double(runner.real.transformer.vocabulary)) }

  private mutating func tile(tokens: Int, past: Int) -> RunnerBatch {
    let words = (0..<tokens).map { _ in word() }
    return RunnerBatch(tiles: [tile(slot: 0, past..<past + tokens, words)])
  }

  private func tile(slot: Int, _ tokens: Range<Int>, _ words: [Int32]) -> RunnerBatch.Tile {
    let layers = 0..<runner.real.transformer.layerCount
    return RunnerBatch.Tile(slot: slot, tokens: tokens, layers: layers, words: words[...], emits: true)
  }

  private mutating func beginConversations() throws {
    let length = min(Self.promptTokens, slotTokens / 2)
    for slot in 0..<mostRequests {
      let words = (0..<length).map { _ in word() }
      conversations.append(words + (try runner.run(RunnerBatch(tiles: [tile(slot: slot, 0..<length, words)]))))
    }
  }

  /// The next word of some requests; one that has no room left begins anew behind its prompt.
  private mutating func continuing(_ requests: Int) -> RunnerBatch {
    let length = min(Self.promptTokens, slotTokens / 2)
    for slot in 0..<requests where conversations[slot].count > slotTokens {
      conversations[slot].removeSubrange((length + 1)...)
    }
    return RunnerBatch(
      decodes: (0..<requests).map { slot in
        let words = conversations[slot]
        return RunnerBatch.Decode(slot: slot, position: words.count - 1, word: words[words.count - 1])
      })
  }
}

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
      prefillAttention: LinearTime(fitting: medians(prompts, .prefillAttention, share: layers, prefillCounts)),
      decodeAttention: LinearTime(fitting: medians(decodes, .decodeAttention, share: layers, decodeCounts)),
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

  /// Distinct experts of a layer call by prompt tokens, and by decoded ones: what was counted, mean over layers.
  public var coverage: (prompt: [(rows: Int, experts: Double)], decode: [(rows: Int, experts: Double)]) {
    func means(_ samples: [Sample]) -> [(rows: Int, experts: Double)] {
      Set(samples.map(\.rows)).sorted().map { rows in
        let counts = samples.filter { $0.rows == rows }.map(\.distinctExperts)
        return (rows, counts.reduce(0, +) / Double(counts.count))
      }
    }
    return (means(samples.filter { !$0.batch.tiles.isEmpty }), means(continuations))
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

  /// One measurement for each set of counts, the median over its samples.
  private func medians(
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
    return groups.map { ($0.counts, median($0.seconds)) }
  }
}

extension RunnerCalibration.Sample {
  /// Rows of every layer.
  fileprivate var rows: Int { batch.decodes.count + batch.tiles.reduce(0) { $0 + $1.tokens.count } }
  fileprivate var emitted: Int { batch.decodes.count + batch.tiles.count { $0.emits } }
}
