import Base
import HardwareModels
import Sim

/// Measures the operators of a real transformer on batches that no policy made: prompts of many lengths behind pasts of
/// many lengths, and decodes of many requests. A step runs one of each.
public struct RunnerCalibration {
  /// One batch that was run, and what it took.
  struct Sample {
    var batch: RunnerBatch
    var seconds: [Double]

    subscript(section: RunnerSection) -> Double { seconds[section.rawValue] }
  }

  private(set) var runner: TransformerRunner
  private let mostRequests: Int
  let slotTokens: Int
  private var random: SeededRandom
  private(set) var samples: [Sample] = []
  /// Distinct experts of a layer call, for every batch that was ever measured.
  private(set) var counts: [(isPrompt: Bool, rows: Int, experts: Double)] = []
  private let promptGrid: [Int]
  private let decodeGrid: [Int]
  /// Steps that were taken, in all rounds.
  private var steps = 0
  /// The answers that the first slots' requests continue, so that decoded words are words that the model says.
  private var conversations: [[Int32]] = []
  /// Long prompts in the slots behind them; their parts are computed again and again behind the pasts that they have.
  private var prompts: [[Int32]] = []

  private static let promptTokens = 24
  private static let promptCount = 8

  /// Measurements of iterations with up to so many prompt tokens and decoding requests, in requests of up to
  /// `maxModelLen` tokens.
  public init(
    _ real: RealTransformer, mostTokens: Int, mostRequests: Int, maxModelLen: Int, seed: UInt64
  ) throws {
    guard real.transformer.windowedLayerCount == 0 else {
      throw InputError(.config, "\(real.model.name) has windowed layers, whose attention is not measured here")
    }
    runner = try TransformerRunner(real, slotTokens: maxModelLen, slotCount: mostRequests + Self.promptCount)
    runner.clock = SectionClock()
    promptGrid = Self.grid(upTo: min(mostTokens, maxModelLen))
    decodeGrid = Self.grid(upTo: mostRequests)
    self.mostRequests = mostRequests
    slotTokens = maxModelLen
    random = SeededRandom(seed: seed, stream: "calibration words")
    try runner.memory.fillRandomly(seed: seed)
    for _ in 0..<Self.promptCount { prompts.append((0..<slotTokens).map { _ in word() }) }
    for index in prompts.indices { _ = try runner.run(RunnerBatch(tiles: [tile(of: index, 0..<slotTokens)])) }
    for _ in 0..<mostRequests { try beginConversation() }
  }

  /// Forgets what was measured.
  public mutating func restart() { samples = [] }

  /// Goes on until every batch was run so many times.
  public mutating func complete(rounds: Int, check: () throws -> Void = {}) throws {
    while samples.count < 2 * rounds * max(promptBatches, decodeBatches) {
      try check()
      try measureNext()
    }
  }

  private var promptBatches: Int { 2 * promptGrid.count }
  private var decodeBatches: Int { 2 * decodeGrid.count }

  /// Runs the next batch of prompt tokens and the next one of decodes; after the last of them comes the first again, so
  /// that decodes, which are cheap and many, are measured more often.
  public mutating func measureNext() throws {
    try measurePrompt(round: steps / promptBatches, steps % promptBatches)
    try measureDecodes(steps % decodeBatches)
    steps += 1
  }

  private mutating func measurePrompt(round: Int, _ index: Int) throws {
    let tokens = promptGrid[index / 2]
    let room = slotTokens - tokens
    let past = index % 2 == 1 ? room >> (round % 3) : room * (round % 4) / 8
    try measure(RunnerBatch(tiles: [tile(of: round % Self.promptCount, past..<past + tokens)]))
  }

  private mutating func measureDecodes(_ index: Int) throws {
    let requests = decodeGrid[index / 2]
    try index % 2 == 1 ? measure(distant(requests)) : measure(continuing(requests), continues: true)
  }

  /// The last tokens that some slots hold.
  private mutating func distant(_ requests: Int) -> RunnerBatch {
    RunnerBatch(
      decodes: (0..<requests).map { RunnerBatch.Decode(slot: $0, position: slotTokens - 1, word: word()) })
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
    let sample = Sample(batch: batch, seconds: seconds)
    samples.append(sample)
    if continues || batch.decodes.isEmpty {
      let distinct = try runner.distinctExperts().flatMap(\.counts)
      let mean = Double(distinct.reduce(0, +)) / Double(distinct.count)
      counts.append((batch.decodes.isEmpty, sample.rows, mean))
    }
    guard continues else { return }
    for (decode, word) in zip(batch.decodes, words) { conversations[decode.slot].append(word) }
  }

  private mutating func word() -> Int32 { Int32(random.uniform() * Double(runner.real.transformer.vocabulary)) }

  /// A part of one of the long prompts.
  private func tile(of prompt: Int, _ tokens: Range<Int>) -> RunnerBatch.Tile {
    tile(slot: mostRequests + prompt, tokens, prompts[prompt][tokens])
  }

  private func tile(slot: Int, _ tokens: Range<Int>, _ words: ArraySlice<Int32>) -> RunnerBatch.Tile {
    let layers = 0..<runner.real.transformer.layerCount
    return RunnerBatch.Tile(slot: slot, tokens: tokens, layers: layers, words: words, emits: true)
  }

  private mutating func beginConversation() throws {
    let length = min(Self.promptTokens, slotTokens / 2)
    let words = (0..<length).map { _ in word() }
    let prompt = tile(slot: conversations.count, 0..<length, words[...])
    conversations.append(words + (try runner.run(RunnerBatch(tiles: [prompt]))))
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
