import Sim

/// How far something has come, redrawn in place on a terminal at most ten times a second; silent anywhere else.
struct ProgressBar {
  private let label: String
  private let total: Int?
  private let things: String
  private let began = ContinuousClock.now
  private var drawn: ContinuousClock.Instant?
  private let isShown = Terminal.isInteractive

  /// A bar for a run of so many requests, or other things; nil if nobody knows how many.
  init(_ label: String, total: Int? = nil, of things: String = "requests") {
    self.label = label
    self.total = total
    self.things = things
  }

  /// Shows how many requests have arrived.
  mutating func show(_ summary: RunSummary) { show(requests: summary.requestsArrived) }

  /// Shows how many requests, or other things, have been dealt with.
  mutating func show(requests: Int) {
    draw { [total, things] elapsed in
      guard let total, total > 0 else { return "\(requests)" }
      let rate = Double(requests) / max(elapsed, 1e-3)
      let share = min(1, Double(requests) / Double(total))
      let left = Int((Double(total - requests) / max(rate, 1)).rounded(.up))
      return "\(Self.bar(share)) \(Int(share * 100)) % of \(total) \(things), \(Int(rate))/s, \(left) s left"
    }
  }

  /// Shows how much of a time is over, and what is being done.
  mutating func show(upTo budget: Double, _ what: String) {
    draw { "\(Self.bar(min(1, $0 / budget))) \(Int($0)) of \(Int(budget)) s, \(what)" }
  }

  /// Draws what is said of the seconds since the beginning.
  private mutating func draw(_ line: (Double) -> String) {
    let now = ContinuousClock.now
    guard isShown, now - (drawn ?? began) > .milliseconds(100) else { return }
    drawn = now
    Terminal.redraw("\(label) \(line((now - began) / .seconds(1)))")
  }

  private static func bar(_ share: Double) -> String {
    let filled = Int(share * 24)
    return String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
  }

  /// Takes the bar away.
  func clear() {
    if isShown, drawn != nil { Terminal.redraw("") }
  }
}
