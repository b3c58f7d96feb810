import Base

/// Refuses a rate or a number of requests that is none.
func check(rate: RequestsPerSecond?, requestCount: Int?) throws {
  if let rate, !(rate.value > 0 && rate.value.isFinite) {
    throw InputError(.usage, place: "rate", "\(rate.value) is out of range; expected a number above 0")
  }
  if let requestCount, requestCount < 1 {
    throw InputError(.usage, place: "requests", "\(requestCount) is out of range; expected 1 or more")
  }
}

/// Refuses a file that has fewer requests than were asked for.
func check(_ survey: TraceSurvey, of file: TraceFile, requestCount: Int?) throws {
  guard let requestCount, survey.requestCount < requestCount else { return }
  let failed = survey.skippedRows == 0 ? "" : " and \(survey.skippedRows) that failed"
  throw InputError(
    .usage, file: file.path, "asked for \(requestCount) requests, the file has \(survey.requestCount)\(failed)",
    hint: "without a number all of them are used")
}

/// The rate an arrival process is to have; it must be given if, and only if, the process has one.
func agreed(
  _ rate: RequestsPerSecond?, with process: any ArrivalProcess, trace: String
) throws -> RequestsPerSecond? {
  let name = type(of: process).name
  if process.hasRate, rate == nil {
    throw InputError(
      .usage, "the trace \"\(trace)\" does not say when requests arrive; give a rate for the \(name) arrivals")
  }
  if !process.hasRate, let rate {
    throw InputError(
      .usage, place: "rate", "arrivals \"\(name)\" have no rate, \(rate.value) was given", hint: "leave the rate out")
  }
  return rate
}

extension TraceSurvey {
  /// What every gap must be multiplied by for the requests to come at a rate.
  func factor(to rate: RequestsPerSecond, file: String) throws -> Double {
    guard requestCount > 1 else { return 1 }
    guard lastArrival > .zero else {
      throw InputError(
        .usage, file: file, "all \(requestCount) requests arrive at once, so they cannot be rescaled to a rate")
    }
    let factor = Double(requestCount - 1) / lastArrival.seconds / rate.value
    guard lastArrival.seconds * factor <= SimDuration.longest.seconds else {
      throw InputError(
        .usage, place: "rate",
        "\(rate.value) is too low: the last request would arrive after 146 years, the clock's end")
    }
    return factor
  }
}
