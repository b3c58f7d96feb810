import Base
import HardwareModels

/// Runs batches on a real transformer and keeps what lies between them: keys, values and states in slots.
public struct TransformerRunner {
  /// What runs.
  public let real: RealTransformer
  /// Times sections when kernels are measured; nil otherwise.
  var clock: SectionClock?
  var memory: RunnerMemory
  var workspace: RunnerWorkspace
  private var tape: KernelBuffer
  /// How the last batch was laid out.
  private(set) var layout: RunnerLayout

  /// A runner whose slots hold so many tokens each.
  public init(_ real: RealTransformer, slotTokens: Int, slotCount: Int = 8) throws {
    self.real = real
    memory = try RunnerMemory(real, slotTokens: slotTokens, slotCount: slotCount)
    workspace = try RunnerWorkspace(real, rows: 64, emissions: 8)
    tape = try KernelBuffer(real.kernels, .int32, count: 1024)
    layout = RunnerLayout(RunnerBatch(), layerCount: real.transformer.layerCount, slotTokens: slotTokens)
  }

  /// Makes sure that there are so many slots.
  public mutating func reserve(slots: Int) throws {
    while memory.slotCount < slots { try memory.grow() }
  }

  /// Runs a batch: layer by layer, decodes and tiles together. Returns the word that comes out behind each decoded token
  /// and then behind each emitting tile: the one with the largest logit.
  public mutating func run(_ batch: RunnerBatch) throws -> [Int32] {
    try layOut(batch)
    try mark(.host)
    try embed()
    for segment in layout.segments {
      try gather(segment)
      for layer in segment.layers { try run(layer, of: segment, batch) }
      try scatter(segment)
    }
    let words = try emit()
    try mark(.ends)
    return words
  }

  /// The logits of the last batch's tokens that came out, in the order of their words.
  public func logits() throws -> [[Float]] {
    let width = real.transformer.vocabulary
    return try (0..<layout.emitting.count).map { try workspace.logits.download($0 * width..<($0 + 1) * width) }
  }

  private mutating func layOut(_ batch: RunnerBatch) throws {
    layout = RunnerLayout(batch, layerCount: real.transformer.layerCount, slotTokens: memory.slotTokens)
    let rows = max(layout.mostRows, layout.entering.count)
    try workspace.reserve(rows: rows, emissions: layout.emitting.count, for: real)
    if layout.tape.count > tape.count {
      tape = try KernelBuffer(real.kernels, .int32, count: 2 * layout.tape.count)
    }
    try tape.uploadIntegers(layout.tape)
  }

  mutating func mark(_ section: RunnerSection) throws {
    let kernels = real.kernels
    try clock?.mark(section, kernels)
  }

  private func states(_ first: Int) -> KernelRows {
    KernelRows(memory.states.all, height: memory.slotCount * memory.slotTokens, indices: tape.from(first))
  }

  private func rows(_ count: Int, of buffer: KernelBuffer) -> KernelRows {
    KernelRows(buffer.all, height: count, indices: workspace.counting.all)
  }

  private mutating func embed() throws {
    let entering = layout.entering
    guard entering.count > 0 else { return }
    let transformer = real.transformer
    try real.kernels.embedding(
      tokens: entering.count, hidden: transformer.hidden, vocabulary: transformer.vocabulary,
      ids: tape.from(entering.words), table: real.weights.embedding.all, output: workspace.added.all)
    try real.kernels.copyRows(
      entering.count, width: transformer.hidden, from: rows(entering.count, of: workspace.added),
      to: states(entering.states))
  }

  private mutating func gather(_ segment: RunnerLayout.Segment) throws {
    try real.kernels.copyRows(
      segment.rows, width: real.transformer.hidden, from: states(segment.states),
      to: rows(segment.rows, of: workspace.hidden))
    try mark(.rows)
  }

  private mutating func scatter(_ segment: RunnerLayout.Segment) throws {
    try real.kernels.copyRows(
      segment.rows, width: real.transformer.hidden, from: rows(segment.rows, of: workspace.hidden),
      to: states(segment.states))
    try mark(.rows)
  }

  /// Last norm, LM head and the largest logit of each token that comes out.
  private func emit() throws -> [Int32] {
    let count = layout.emitting.count
    guard count > 0 else {
      try real.kernels.synchronize()
      return []
    }
    let hidden = real.transformer.hidden
    let vocabulary = real.transformer.vocabulary
    try real.kernels.copyRows(
      count, width: hidden, from: states(layout.emitting.states), to: rows(count, of: workspace.added))
    try real.kernels.rmsNorm(
      rows: count, width: hidden, epsilon: RealTransformer.epsilon, input: workspace.added.all,
      weights: real.weights.lastNorm.all, output: workspace.normed.all)
    try real.kernels.gemm(
      rows: count, columns: vocabulary, inner: hidden, input: workspace.normed.all, weights: real.weights.head.all,
      output: workspace.logits.all)
    try real.kernels.argmax(
      rows: count, width: vocabulary, logits: workspace.logits.all, indices: workspace.words.all)
    return try workspace.words.downloadIntegers(0..<count)
  }

  /// A place on the tape.
  func indices(_ first: Int) -> KernelView { tape.from(first) }
}
