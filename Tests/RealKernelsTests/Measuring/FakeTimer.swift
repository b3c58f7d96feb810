import Base

@testable import RealKernels

/// A point that is nothing but a size: work of so many seconds on the fake clock.
struct FakePoint: SurveyPoint {
  var label: String
  var series = "fake"
  var seconds: Double
  var isCeiling = false
  var failure: (any Error)?
  var work: SurveyWork { SurveyWork(flops: Flops(seconds * 1e9), bytes: .zero) }
  var needs: SurveyNeeds { SurveyNeeds() }
  var checkName: String { series }
  var table: SurveyTable { .gemm }
  func check(_ check: inout KernelCheck) throws { if let failure { throw failure } }
  func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram { preconditionFailure("nothing runs") }
  func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String] { [] }
}

/// A machine whose clock goes by what it is asked to do, `slowness` times slower from a pass on.
struct FakeTimer: PointTimer {
  var now = Seconds(0.0)
  var log: [String] = []
  var slowness = 1.0
  var slowFromPass = 0
  private var pass = 0

  init(slowness: Double = 1, slowFromPass: Int = 0) {
    self.slowness = slowness
    self.slowFromPass = slowFromPass
  }

  private func duration(_ point: any SurveyPoint) -> Seconds {
    Seconds(point.work.flops.value / 1e9 * (pass >= slowFromPass ? slowness : 1))
  }

  mutating func begin(pass: Int) {
    self.pass = pass
    log.append("pass \(pass)")
  }

  mutating func tryOut(_ point: any SurveyPoint) -> Seconds {
    log.append("try \(point.label)")
    now = now + duration(point)
    return duration(point)
  }

  mutating func time(_ point: any SurveyPoint, pass: Int, repeats: Int) -> [Seconds] {
    log.append("time \(point.label)")
    now = now + duration(point) * Double(repeats == 1 ? 1 : repeats + 1)
    return [Seconds](repeating: duration(point), count: repeats)
  }
}

/// Limits without repeats and without pauses.
func limits(budget: Double, passes: ClosedRange<Int>) -> SurveyLimits {
  SurveyLimits(
    budget: Seconds(budget), passes: passes, slice: Seconds(0.0), mostRepeats: 1, pause: .zero, metering: nil)
}
