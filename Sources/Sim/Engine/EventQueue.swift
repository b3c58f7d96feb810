import Base

/// What can happen in a simulation.
enum Event: Hashable {
  /// The next request of the trace reaches the server. At one instant, arrivals come first, so that an iteration that
  /// begins then sees them.
  case requestArrives
  /// The keys and values of a request, the one in this slot of those that move, have reached the replica that decodes.
  case cacheArrives(Int)
  /// A lane's iteration ends.
  case iterationEnds(ReplicaID)
  /// The first stage of the replica with this number is free for a lane that waits.
  case stageIsFree(Int)

  fileprivate var rank: Int {
    switch self {
    case .requestArrives: 0
    case .cacheArrives: 1
    case .iterationEnds: 2
    case .stageIsFree: 3
    }
  }
}

/// What will happen, soonest first; at one instant by rank, then in the order of scheduling.
struct EventQueue {
  private struct Entry: Comparable {
    var time: SimTime
    /// Its rank, and below it how many events were scheduled before.
    var order: Int
    var event: Event

    static func < (left: Self, right: Self) -> Bool {
      left.time == right.time ? left.order < right.order : left.time < right.time
    }
  }

  private var heap = BinaryHeap<Entry>()
  private var scheduled = 0

  /// Schedules an event.
  mutating func schedule(_ event: Event, at time: SimTime) {
    heap.push(Entry(time: time, order: event.rank << 60 | scheduled, event: event))
    scheduled += 1
  }

  /// Whether something more will happen at a moment that nothing comes before.
  func goesOn(at time: SimTime) -> Bool { heap.first?.time == time }

  /// Takes out the next event; nil when nothing more will happen.
  mutating func next() -> (time: SimTime, event: Event)? { heap.pop().map { ($0.time, $0.event) } }
}
