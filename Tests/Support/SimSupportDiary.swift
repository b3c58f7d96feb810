import Base
import Sim

extension Observation {
  /// The simulation as a person would write it down: a line for each iteration, then one for each request that left
  /// since the iteration before.
  public var diary: [String] {
    var lines: [String] = []
    var left: [String] = []
    let begun = begun
    let replicasAreMany = begun.contains { $0.iteration.replica.number > 0 }
    let ranksAreMany = plans.contains { $0.rank > 0 }
    for entry in entries {
      switch entry {
      case .request(let request): left.append(Self.line(request))
      case .iteration(let iteration):
        let found = begun.first { ($0.iteration.replica, $0.iteration.index) == (iteration.replica, iteration.index) }
        let shares =
          found?.planned.map { (ranksAreMany ? "rank \($0.rank) " : "") + Self.line($0) } ?? ["nobody's plan"]
        let line =
          "\(Self.seconds(iteration.start)) to \(Self.seconds(iteration.end)): \(shares.joined(separator: "; "))"
        lines.append(replicasAreMany ? "replica \(iteration.replica.number), \(line)" : line)
        lines += left
        left = []
      }
    }
    return lines + left
  }

  private static func line(_ planned: Planned) -> String {
    var parts: [String] = []
    if !planned.plan.preemptions.isEmpty { parts.append("preempt \(list(planned.plan.preemptions))") }
    if !planned.plan.admissions.isEmpty { parts.append("admit \(list(planned.plan.admissions))") }
    if !planned.decoded.isEmpty { parts.append("decode \(list(planned.decoded))") }
    for tile in planned.plan.tiles {
      parts.append("prefill \(tile.request.number) tokens \(tile.tokens) layers \(tile.layers)")
    }
    return parts.joined(separator: ", ")
  }

  private static func line(_ request: RequestRecord) -> String {
    guard request.outcome == .completed else {
      return "at \(seconds(request.arrival)): \(request.id.number) \(request.outcome.rawValue)"
    }
    return "at \(seconds(request.finish)): \(request.id.number) done, first token at \(seconds(request.firstToken)), "
      + "largest gap \(seconds(.zero + request.largestGap))"
  }

  private static func list(_ ids: [RequestID]) -> String {
    ids.map { "\($0.number)" }.joined(separator: " ")
  }

  private static func seconds(_ moment: SimTime) -> String {
    let (whole, rest) = moment.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return rest == 0 ? "\(whole)" : "\(moment.seconds)"
  }
}
