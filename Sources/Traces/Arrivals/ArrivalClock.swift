import Base

/// Says when each request arrives: the first at 0, the others after the process's unit gaps, whose sum is divided by
/// the rate and only then rounded to nanoseconds. So every rate has the same unit gaps, and no rounding adds up.
struct ArrivalClock: Sendable {
  private var process: any ArrivalProcess
  private let nanosecondsPerUnit: Double
  private var random: SeededRandom
  private var unitTime = 0.0
  private var count = 0

  /// The clock of a process at a rate; without a rate units have no length.
  init(_ process: any ArrivalProcess, rate: RequestsPerSecond?, seed: UInt64) {
    self.process = process
    nanosecondsPerUnit = rate.map { 1e9 / $0.value } ?? 0
    random = SeededRandom(seed: seed, stream: "arrivals")
  }

  /// When the next request arrives.
  mutating func next() throws -> SimTime {
    if count > 0 { unitTime += process.unitGap(from: &random) }
    count += 1
    guard unitTime > 0 else { return .zero }
    let nanoseconds = unitTime * nanosecondsPerUnit
    guard nanoseconds <= Double(SimDuration.longest.nanoseconds) else {
      throw InputError(.usage, "the rate is too low: request \(count) would arrive after 146 years, the clock's end")
    }
    return SimTime(nanoseconds: Int64(nanoseconds.rounded()))
  }
}
