import Base

extension SimTime {
  /// The moment at which something ends that begins at this one; a length that is none, or that the clock does not hold,
  /// is an ``InputError``.
  func after(_ length: Seconds, of what: String, atLeast least: SimDuration = .zero) throws -> SimTime {
    let seconds = length.value
    guard seconds >= 0, least == .zero || seconds > 0, seconds < SimDuration.longest.seconds - self.seconds else {
      throw InputError(
        .config,
        "\(what) would take \(seconds) s at \(self.seconds) s of simulated time; the clock ends after 146 years",
        hint: "check the figures of the GPU, the engine profile and kvTransfer")
    }
    return self + max(.seconds(seconds), least)
  }
}
