import Sim

/// How far a piece of work has come, redrawn in place on a terminal at most ten times a second; silent anywhere else.
struct ProgressBar {
  private let label: String
  private let total: Int?
  private let things: String
  private let began = ContinuousClock.now
  private var drawn: ContinuousClock.Instant?
  private let isShown = Terminal.isInteractive

  /// A bar for a run of so many requests, or other things; nil if nobody knows how many.
  init(_ label: String, total: Int?, of things: String = "requests") {
    self.label = label
    self.total = total
    self.things = things
  }

  /// Shows how many requests have arrived.
  mutating func show(_ summary: RunSummary) { show(requests: summary.requestsArrived) }

  /// Shows how many requests, or other things, have been dealt with.
  mutating func show(requests: Int) {
    let now = ContinuousClock.now
    guard isShown, now - (drawn ?? began) > .milliseconds(100) else { return }
    drawn = now
    let elapsed = (now - began) / .seconds(1)
    let rate = Double(requests) / max(elapsed, 1e-3)
    var line = "\(label) \(requests)"
    if let total, total > 0 {
      let share = min(1, Double(requests) / Double(total))
      let filled = Int(share * 24)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      let left = Int((Double(total - requests) / max(rate, 1)).rounded(.up))
      line = "\(label) \(bar) \(Int(share * 100)) % of \(total) \(things), \(Int(rate))/s, \(left) s left"
    }
    Terminal.redraw(line)
  }

  /// Takes the bar away.
  func clear() {
    if isShown, drawn != nil { Terminal.redraw("") }
  }
}
