import Base
import GRDB
import HardwareModels
import Sim

extension StagedTable {
  static let requests = StagedTable(
    name: "request",
    columns: [
      "id", "outcome", "arrival_ms", "first_scheduled_ms", "first_token_ms", "finish_ms", "prompt_tokens",
      "output_tokens", "ttft_ms", "tpot_ms", "e2e_ms", "largest_gap_ms", "preemptions", "replica",
      "cache_arrival_ms", "cached_tokens",
    ],
    keyCount: 1)

  static let iterations = StagedTable(
    name: "iteration",
    columns: [
      "replica", "idx", "start_ms", "end_ms", "kernel_ms", "decodes", "prefill_requests", "prefill_token_layers",
      "first_layer", "last_layer", "emitted_tokens", "waiting", "used_blocks", "flops", "dense_weights_bytes",
      "expert_weights_bytes", "kv_read_bytes", "kv_write_bytes", "activations_bytes", "nvlink_bytes", "energy_j",
    ],
    keyCount: 2)

  static let emissions = StagedTable(
    name: "emission", columns: ["request", "replica", "first_iteration", "last_iteration"], keyCount: 3)
}

extension RequestRecord {
  /// Adds this request; times that a rejected request does not have are NULL.
  func insert(with statement: Statement) throws {
    let isServed = outcome == .completed
    let hasGaps = isServed && outputTokens > 1
    var row = RowBinder(statement)
    row.bind(id.number)
    row.bind(outcome.rawValue)
    row.bind(arrival.milliseconds)
    row.bind(isServed ? firstScheduled.milliseconds : nil)
    row.bind(isServed ? firstToken.milliseconds : nil)
    row.bind(isServed ? finish.milliseconds : nil)
    row.bind(promptTokens)
    row.bind(outputTokens)
    row.bind(isServed ? (firstToken - arrival).milliseconds : nil)
    row.bind(hasGaps ? (finish - firstToken).milliseconds / Double(outputTokens - 1) : nil)
    row.bind(isServed ? (finish - arrival).milliseconds : nil)
    row.bind(hasGaps ? largestGap.milliseconds : nil)
    row.bind(preemptions)
    row.bind(replica.number)
    row.bind(cacheArrival?.milliseconds)
    row.bind(cachedTokens)
    try row.insert()
  }

  /// Adds the runs of iterations at whose ends its tokens came out.
  func insertEmissions(with statement: Statement) throws {
    for emission in emissions {
      var row = RowBinder(statement)
      row.bind(id.number)
      row.bind(emission.replica.number)
      row.bind(emission.iterations.lowerBound)
      row.bind(emission.iterations.upperBound)
      try row.insert()
    }
  }
}

extension IterationRecord {
  /// Adds this iteration; without prefill its layers are NULL, and energy that nobody metered is.
  func insert(with statement: Statement) throws {
    var row = RowBinder(statement)
    row.bind(replica.number)
    row.bind(index)
    row.bind(start.milliseconds)
    row.bind(end.milliseconds)
    row.bind(cost.kernelTime.value * 1e3)
    row.bind(decodes)
    row.bind(prefillRequests)
    row.bind(prefillTokenLayers)
    row.bind(prefillLayers.first)
    row.bind(prefillLayers.last)
    row.bind(emittedTokens)
    row.bind(waiting)
    row.bind(usedBlocks)
    row.bind(cost.flops.value)
    for kind in TrafficClass.allCases { row.bind(cost.traffic[kind].value) }
    row.bind(cost.energy.isMetered ? cost.energy.total.value : nil)
    try row.insert()
  }
}

extension SimTime {
  /// Milliseconds since the beginning.
  fileprivate var milliseconds: Double { (self - .zero).milliseconds }
}
