import Base
import HardwareModels
import Sim

/// Carries plans out on a real transformer: the same engine, with measured time in place of priced time.
///
/// Prompts are random words of a seed, answers are the words with the largest logits. Time is the clock's on the wall
/// from the plan to the last word; expert bytes are counted from the routing; other traffic and arithmetic are counted as
/// for a priced iteration; energy is not metered.
public struct TransformerExecutor: PlanExecutor {
  /// What runs the batches.
  public private(set) var runner: TransformerRunner
  /// Hears the logits of every token that comes out. For checks: it takes time that the clock does not see.
  public var onLogits: ((RequestID, [Float]) throws -> Void)?
  /// Called before each iteration with the number of requests that have begun; by throwing it ends the run.
  public var onIteration: ((Int) throws -> Void)?
  private var conversations: Conversations
  private var begun = 0

  /// An executor with prompts of this seed, for requests of at most so many tokens.
  public init(_ real: RealTransformer, maxModelLen: Int, seed: UInt64) throws {
    runner = try TransformerRunner(real, slotTokens: maxModelLen)
    conversations = Conversations(vocabulary: real.transformer.vocabulary, seed: seed)
  }

  /// Runs a prompt and a decoded token unmeasured, so that the first iteration finds memory and caches as later ones do.
  public mutating func warmUp(tokens: Int) throws {
    let count = min(tokens, runner.memory.slotTokens - 1)
    let words = (0..<count).map { Int32($0 % runner.real.transformer.vocabulary) }
    let layers = 0..<runner.real.transformer.layerCount
    for _ in 0..<2 {
      let tile = RunnerBatch.Tile(slot: 0, tokens: 0..<count, layers: layers, words: words[...], emits: true)
      _ = try runner.run(RunnerBatch(tiles: [tile]))
      _ = try runner.run(RunnerBatch(decodes: [RunnerBatch.Decode(slot: 0, position: count, word: words[0])]))
    }
  }

  /// The words that came out for a request so far, while it is in flight.
  public func answer(to request: RequestID) -> [Int32]? { conversations.answer(to: request) }

  /// Runs what the plan says.
  public mutating func execute(
    _ plan: BatchPlan, of view: ReplicaView, work: IterationWork
  ) throws -> IterationCost {
    begun = max(begun, (plan.admissions.map(\.number).max() ?? -1) + 1)
    try onIteration?(begun)
    conversations.settle(plan, view)
    try runner.reserve(slots: conversations.slotCount)
    let start = ContinuousClock.now
    let (batch, speakers) = conversations.batch(plan, view)
    let launched = ContinuousClock.now
    let words = try runner.run(batch)
    let end = ContinuousClock.now
    for (speaker, word) in zip(speakers, words) { conversations.append(word, to: speaker) }
    if let onLogits {
      for (speaker, logits) in zip(speakers, try runner.logits()) { try onLogits(speaker, logits) }
    }
    var cost = try counted(work)
    cost.duration = Seconds((end - start) / .seconds(1))
    cost.kernelTime = Seconds((end - launched) / .seconds(1))
    return cost
  }

  /// Arithmetic and traffic: the model's demand, and in place of the expected experts those that were touched.
  private func counted(_ work: IterationWork) throws -> IterationCost {
    let model = runner.real.model
    var cost = IterationCost()
    func add(_ operators: [OperatorDemand]) {
      for operation in operators {
        cost.flops += operation.flops * Double(operation.layers)
        cost.traffic += operation.traffic * Double(operation.layers)
      }
    }
    for segment in work.segments { add(model.demand(of: segment, tensorParallel: 1)) }
    let entering = runner.layout.entering.count
    add(model.endDemand(embedded: entering, emitted: work.emittedTokens, tensorParallel: 1))
    let touched = try runner.distinctExperts().reduce(0) { $0 + $1.counts.reduce(0, +) }
    cost.traffic[.expertWeights] = runner.real.expertBytes * Double(touched)
    cost.energy = .unmetered
    return cost
  }
}
