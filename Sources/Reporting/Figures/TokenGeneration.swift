import Pictures
import Results

/// When the tokens of some requests came out, under each policy.
enum TokenGeneration: FigureKind {
  static let title = "Token generation over time"
  static let name = "tokens"
  static let command = "lpsim run --record iterations"

  private static let caption = """
    Tokens of one request so far, from its arrival on, under each policy; further left is better. The flat beginning is \
    the time to first token, a step to the right is a gap that its reader sees.
    """

  /// A request that is worth a look.
  private struct Choice {
    let reason: String
    let request: StoredRequest
  }

  static func figures(of subject: Subject) throws -> [Figure] {
    guard case .comparison(let runs, let file) = subject else { return [] }
    var figure = Figure(
      name: name, title: title, caption: caption, panels: [],
      columns: ["request", "policy", "ms_since_arrival", "tokens"], rows: [])
    let served = try runs.map { (run: $0, requests: try file.requests(of: $0)) }
    for choice in choices(among: served.map(\.requests)) {
      var series: [Plot.Series] = []
      for (colour, run) in served.map(\.run).enumerated() {
        let times = try file.tokenTimes(of: choice.request, in: run).map { $0 - choice.request.arrival }
        guard let first = times.first else { continue }
        let policy = run.result.run.policy
        var places: [(x: Double, y: Double)] = [(0, 0), (first / 1e3, 0)]
        places += times.enumerated().map { ($1 / 1e3, Double($0 + 1)) }
        series.append(Plot.Series(policy, .curve, colour: colour, thinned(places)))
        figure.rows += times.enumerated().map { ["\(choice.request.number)", policy, exact($1), "\($0 + 1)"] }
      }
      if !series.isEmpty { figure.panels.append(panel(choice, series)) }
    }
    return figure.panels.isEmpty ? [] : [figure]
  }

  /// Among requests that every run served: the one with the median prompt, that with the largest gap under any policy,
  /// and that with the longest prompt; each once.
  private static func choices(among runs: [[StoredRequest]]) -> [Choice] {
    guard let first = runs.first, !first.isEmpty else { return [] }
    let served = runs.map { Set($0.map(\.number)) }
    let common = first.filter { request in served.allSatisfy { $0.contains(request.number) } }
    let byPrompt = common.sorted { ($0.promptTokens, $0.number) < ($1.promptTokens, $1.number) }
    let slowest = runs.flatMap { $0 }.filter { request in served.allSatisfy { $0.contains(request.number) } }
      .max { ($0.largestGap ?? 0, $1.number) < ($1.largestGap ?? 0, $0.number) }
    guard let longest = byPrompt.last, let slowest else { return [] }
    let all = [
      Choice(reason: "the median prompt", request: byPrompt[(byPrompt.count - 1) / 2]),
      Choice(reason: "the largest gap", request: slowest), Choice(reason: "the longest prompt", request: longest),
    ]
    return all.reduce(into: []) { chosen, choice in
      if !chosen.contains(where: { $0.request.number == choice.request.number }) { chosen.append(choice) }
    }
  }

  private static func panel(_ choice: Choice, _ series: [Plot.Series]) -> Figure.Panel {
    let places = series.flatMap(\.values)
    let prompt = grouped(Double(choice.request.promptTokens), decimals: 0)
    let title = "Request \(choice.request.number), \(choice.reason): \(prompt) tokens"
    return Figure.Panel(
      title,
      [
        Plot(
          title, PlotScale(.linear, around: places.map(\.x), title: "seconds since arrival"),
          PlotScale(.linear, around: places.map(\.y), title: "output tokens"), series, size: .half)
      ])
  }

  /// A rising line without the places that lie closer to the one before than a screen shows, but for those from which a
  /// step goes out.
  private static func thinned(_ places: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard let end = places.last, places.count > 2, end.x > 0, end.y > 0 else { return places }
    func distance(_ one: (x: Double, y: Double), _ other: (x: Double, y: Double)) -> Double {
      max((other.x - one.x) / end.x, (other.y - one.y) / end.y) * 400
    }
    var kept = [places[0]]
    for index in 1..<places.count - 1 {
      let isEdge = distance(places[index], places[index + 1]) > 1
      if isEdge || distance(kept[kept.count - 1], places[index]) > 1 { kept.append(places[index]) }
    }
    return kept + [end]
  }
}
