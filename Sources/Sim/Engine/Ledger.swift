import Base
import HardwareModels

/// The books of a simulation: what happened goes into the summary, and to the recorder as far as it wants to hear.
struct Ledger {
  var summary = RunSummary()
  /// Requests that have reached the server and not left it.
  var requestsInFlight = 0
  let serviceLevel: ServiceLevel
  let recorder: (any Recorder)?
  let detail: RecordDetail

  init(serviceLevel: ServiceLevel, recorder: (any Recorder)?) {
    self.serviceLevel = serviceLevel
    self.recorder = recorder
    detail = recorder?.detail ?? .none
  }

  /// A request left the server.
  mutating func note(_ request: RequestRecord) throws {
    requestsInFlight -= 1
    switch request.outcome {
    case .rejectedTooLong: summary.requestsRejectedTooLong += 1
    case .rejectedNoMemory: summary.requestsRejectedNoMemory += 1
    case .completed: summary.note(completed: request, serviceLevel: serviceLevel)
    }
    if detail >= .requests { try recorder?.record(request) }
  }
}

extension RunSummary {
  /// An iteration ended.
  @inline(__always)
  mutating func note(_ iteration: IterationRecord) {
    iterations += 1
    decodeIterations += iteration.decodes > 0 ? 1 : 0
    decodedTokens += iteration.decodes
    prefillTokenLayers += iteration.prefillTokenLayers
    work += iteration.cost
  }

  fileprivate mutating func note(completed request: RequestRecord, serviceLevel: ServiceLevel) {
    let ttft = request.firstToken - request.arrival
    requestsCompleted += 1
    promptTokens += request.promptTokens
    cachedTokens += request.cachedTokens
    outputTokens += request.outputTokens
    preemptions += request.preemptions
    lastFinish = max(lastFinish, request.finish)
    timeToFirstToken.add(ttft)
    endToEnd.add(request.finish - request.arrival)
    if request.outputTokens > 1 {
      let decoding = request.finish - request.firstToken
      timePerOutputToken.add(SimDuration(nanoseconds: decoding.nanoseconds / Int64(request.outputTokens - 1)))
    }
    let meetsLimits = ttft <= serviceLevel.timeToFirstToken && request.largestGap <= serviceLevel.timeBetweenTokens
    requestsWithinServiceLevel += meetsLimits ? 1 : 0
  }
}
