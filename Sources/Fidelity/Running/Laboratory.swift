import Base

/// Runs simulations, as many at once as there are processors. Which one ends first changes nothing.
public struct Laboratory: Sendable {
  private let library: ConfigLibrary

  /// A laboratory with these configurations.
  public init(_ library: ConfigLibrary) { self.library = library }

  /// Runs each of these once.
  /// - Parameter onProgress: told how many requests have been served so far; by throwing it ends the work.
  public func outcomes(of runs: [ServedRun], onProgress: (Int) throws -> Void = { _ in }) async throws -> Outcomes {
    var outcomes = Outcomes()
    var served = 0
    try await withThrowingTaskGroup(of: (ServedRun, Outcome).self) { group in
      for run in Self.distinct(runs) {
        group.addTask {
          try Task.checkCancellation()
          return (run, try run.simulate(in: library))
        }
      }
      for try await (run, outcome) in group {
        outcomes[run] = outcome
        served += run.requests
        try onProgress(served)
      }
    }
    return outcomes
  }

  /// How many requests these runs serve in all.
  public static func requests(of runs: [ServedRun]) -> Int { distinct(runs).reduce(0) { $0 + $1.requests } }

  private static func distinct(_ runs: [ServedRun]) -> [ServedRun] {
    var seen: Set<ServedRun> = []
    return runs.filter { seen.insert($0).inserted }
  }
}
