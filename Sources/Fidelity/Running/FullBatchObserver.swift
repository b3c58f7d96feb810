import Base
import HardwareModels
import Sim

/// Watches the iterations of a server whose clients always have a request waiting: what a benchmark with a fixed number
/// of clients reports. Neither the beginning, when all requests are young, nor the end, when they run out, counts.
///
/// A class, because recorders are.
final class FullBatchObserver: Recorder {
  let detail = RecordDetail.iterations
  private let skipped: Int
  private var left = 0
  private var gaps = Distribution()
  private var seconds = 0.0
  private var energy = Joules.zero
  private var tokens = 0
  private var running = 0.0

  /// Begins to count when so many requests have left.
  init(after requests: Int) { skipped = requests }

  func record(_ request: RequestRecord) { left += 1 }

  func record(_ iteration: IterationRecord) {
    guard left >= skipped, iteration.waiting > 0 else { return }
    let length = iteration.end - iteration.start
    gaps.add(length, weight: iteration.decodes)
    seconds += length.seconds
    energy += iteration.cost.energy.total
    tokens += iteration.emittedTokens
    running += Double(iteration.decodes + iteration.prefillRequests) * length.seconds
  }

  /// What was seen.
  func outcome() throws -> Outcome {
    guard tokens > 0, seconds > 0, let gap = gaps.percentile(50) else {
      throw InputError(.config, "the batch was never full", hint: "more requests are needed")
    }
    return Outcome([
      "itl_median_ms": gap.value * 1e3, "mean_power_w": energy.value / seconds,
      "energy_per_output_token_j": energy.value / Double(tokens), "mean_batch": running / seconds,
    ])
  }
}
