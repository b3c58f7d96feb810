import Analysis
import Base
import Results

/// One model against another at one context: the other full, and the first with the largest batch whose TPOT is lower by
/// a given part.
struct SystemComparison {
  private let context: Int
  private let batches: (first: Double, other: Double)
  private let tokenTimes: (first: TokenTime, other: TokenTime)

  /// The comparison; one in which no batch will do is an ``InputError``.
  init(of first: Balance, with other: Balance, context: Int, savingPercent percent: Double) throws {
    let full = other.batchCapacity(context: context).rounded(.down)
    let slow = other.tokenTime(batch: full, context: context)
    let limit = slow.withoutCompute * (1 - percent / 100)
    let batch = first.largestBatch(context: context, within: limit).rounded(.down)
    guard full > 0, batch > 0 else {
      throw InputError(
        .config, "\(first.model.name) cannot be compared with \(other.model.name) at \(context) tokens: no batch fits")
    }
    self.context = context
    batches = (batch, full)
    tokenTimes = (first.tokenTime(batch: batch, context: context), slow)
  }

  /// Throughput over the other's, arithmetic left out.
  var withoutCompute: Double { throughput(tokenTimes.first.withoutCompute, tokenTimes.other.withoutCompute) }

  /// The same batches with arithmetic beside memory.
  private var total: Double { throughput(tokenTimes.first.total, tokenTimes.other.total) }

  private func throughput(_ first: Seconds, _ other: Seconds) -> Double {
    batches.first / batches.other * (other / first)
  }

  /// Titles of ``row``.
  static let columns = [
    "context", "batch 1", "batch 2", "TPOT 1, ms", "TPOT 2, ms", "throughput 1 over 2", "the same with arithmetic",
    "1 is bound by",
  ]

  /// The comparison in a row of a table.
  var row: [String] {
    let times = [tokenTimes.first, tokenTimes.other].map { readable($0.withoutCompute.value * 1e3) }
    return ["\(context)", readable(batches.first), readable(batches.other)] + times
      + [readable(withoutCompute), readable(total), tokenTimes.first.bound.rawValue]
  }
}
