import Base

/// The parts of an iteration that are timed apart when kernels are measured.
public enum RunnerSection: Int, CaseIterable, Sendable {
  /// Laying a batch out and handing it over.
  case host
  /// Words into states, and states in and out of the rows of a run of layers.
  case rows
  /// All of a layer but attention: norms, projections, positions, cache write, router, experts.
  case layers
  /// Attention of decoded tokens.
  case decodeAttention
  /// Attention of prompt tokens.
  case prefillAttention
  /// Last norm, LM head, choice of words.
  case ends
}

/// Adds up the time that each section takes. It waits for the device at every border, so only measurements use it.
struct SectionClock {
  private(set) var seconds = [Double](repeating: 0, count: RunnerSection.allCases.count)
  private var last = ContinuousClock.now

  /// Begins anew.
  mutating func restart() {
    seconds = [Double](repeating: 0, count: seconds.count)
    last = .now
  }

  /// What happened since the last border belongs to this section.
  mutating func mark(_ section: RunnerSection, _ kernels: Kernels) throws {
    try kernels.synchronize()
    let now = ContinuousClock.now
    seconds[section.rawValue] += (now - last) / .seconds(1)
    last = now
  }

  subscript(section: RunnerSection) -> Double { seconds[section.rawValue] }
}
