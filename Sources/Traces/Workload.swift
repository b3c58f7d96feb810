import Base

/// The requests of a simulation: a recipe or a file, how they arrive, how many, and a seed. A wrong line in the file is
/// found when the workload is made; then it is opened as often as there are policies, with the same requests each time.
public struct Workload: Sendable {
  /// Where the lengths of the requests come from, and in some files their arrivals.
  public enum Trace: Sendable {
    /// Lengths are invented.
    case recipe(TraceRecipe)
    /// Lengths are recorded.
    case file(TraceFile)
    /// Requests that stand in memory, with their arrivals.
    case listed([TraceRequest])
  }

  /// Where the requests come from.
  public let trace: Trace
  /// How many requests there are.
  public let requestCount: Int
  /// Rows of the file, between those requests, that were passed over because they hold failed ones.
  public let skippedRows: Int
  private let plan: Plan
  private let seed: UInt64

  /// Where lengths and arrivals come from.
  private enum Plan {
    /// Both are drawn.
    case invented(TraceRecipe, any ArrivalProcess, RequestsPerSecond?)
    /// Lengths stand in the file, arrivals are drawn.
    case paced(TraceFile, any ArrivalProcess, RequestsPerSecond?)
    /// Both stand in the file, and every gap is multiplied by a factor.
    case rescaled(TraceFile, by: Double)
    /// Both stand in the file.
    case recorded(TraceFile)
    /// Both stand in memory.
    case listed([TraceRequest])
  }

  /// A workload.
  /// - Parameters:
  ///   - arrivals: how requests follow each other, unless the file says when they arrived.
  ///   - rate: their mean rate; nil keeps recorded arrivals as they are. Recorded arrivals are rescaled so that the
  ///     requests that are used come at this rate, (n - 1) / (last arrival - first arrival).
  ///   - requestCount: how many requests are used, from the first; nil means all of a file. A recipe needs it.
  ///   - seed: the seed of lengths and arrivals, which have a stream each.
  public init(
    _ trace: Trace, arrivals: any ArrivalProcess, rate: RequestsPerSecond?, requestCount: Int?, seed: UInt64
  ) throws {
    try check(rate: rate, requestCount: requestCount)
    self.trace = trace
    self.seed = seed
    switch trace {
    case .recipe(let recipe):
      guard let requestCount else {
        throw InputError(.usage, "the trace \"\(recipe.name)\" has no end; say how many requests to draw")
      }
      self.requestCount = requestCount
      skippedRows = 0
      plan = .invented(recipe, arrivals, try agreed(rate, with: arrivals, trace: recipe.name))
    case .file(let file):
      let survey = try file.survey(requestCount: requestCount)
      try check(survey, of: file, requestCount: requestCount)
      self.requestCount = survey.requestCount
      skippedRows = survey.skippedRows
      if !file.format.hasArrivals {
        plan = .paced(file, arrivals, try agreed(rate, with: arrivals, trace: file.path))
      } else if let rate {
        plan = .rescaled(file, by: try survey.factor(to: rate, file: file.path))
      } else {
        plan = .recorded(file)
      }
    case .listed(let requests):
      precondition(rate == nil && requestCount == nil, "listed requests are served as they are")
      self.requestCount = requests.count
      skippedRows = 0
      plan = .listed(requests)
    }
  }

  /// The requests from the first; every call gives the same.
  public func open() throws -> any RequestSource {
    switch plan {
    case .invented(let recipe, let arrivals, let rate):
      let clock = ArrivalClock(arrivals, rate: rate, seed: seed)
      return SyntheticSource(recipe, clock: clock, requestCount: requestCount, seed: seed)
    case .paced(let file, let arrivals, let rate):
      let clock = ArrivalClock(arrivals, rate: rate, seed: seed)
      return HeadOfSource(PacedSource(file.open(), clock: clock), requestCount: requestCount)
    case .rescaled(let file, let factor):
      return HeadOfSource(RescaledSource(file.open(), factor: factor), requestCount: requestCount)
    case .recorded(let file):
      return HeadOfSource(file.open(), requestCount: requestCount)
    case .listed(let requests):
      return ListedSource(requests: requests[...])
    }
  }
}
