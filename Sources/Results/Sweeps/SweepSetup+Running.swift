import Base
import Sim

extension SweepSetup {
  /// Runs points on so many threads at most and records each; what is in the file already is not run again, and a point
  /// that cannot run is recorded with its reason and stops no other.
  /// - Parameters:
  ///   - check: asked now and then; by throwing it ends the work, and what is done by then is stored.
  ///   - onDone: told how many points have been dealt with, by one thread at a time; by throwing it ends the work, too.
  public func run(
    _ points: [Int], workers: Int, into recorder: SweepRecorder, check: @escaping @Sendable () throws -> Void,
    onDone: @escaping @Sendable (Int) throws -> Void
  ) throws {
    do {
      let onDone: @Sendable (Int) throws -> Void = { done in
        try onDone(done)
        try check()
      }
      _ = try parallelMap(points, workers: workers, onDone: onDone) { try run($0, into: recorder, check: check) }
    } catch let failure as SweepRecorder.Failure {
      throw failure.cause
    } catch {
      try recorder.finish()
      throw error
    }
    try recorder.finish()
  }

  private func run(_ number: Int, into recorder: SweepRecorder, check: @escaping () throws -> Void) throws {
    func attempt<Result>(_ body: () throws -> Result) throws -> Result? {
      do { return try body() } catch let error as InputError {
        try recorder.record(number, .failed("\(error)"))
      } catch let error as PlanError {
        try recorder.record(number, .failed("\(error)"))
      }
      return nil
    }
    guard let (experiment, policy) = try attempt({ try self.experiment(at: number) }) else { return }
    let description = experiment.description(of: policy)
    if let run = try recorder.storedRun(description) { return try recorder.record(number, .stored(run)) }
    let summary = try attempt {
      try experiment.simulate(policy) { _ in
        try check()
        try recorder.storeIfDue()
      }
    }
    guard let summary else { return }
    try recorder.record(number, .simulated(RunResult(description, summary), gpuCount: summary.gpuCount))
  }
}
