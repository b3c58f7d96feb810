import Base
import Results
import Traces

/// The answer to a question: every policy with the deployment's settings, and at its best where settings are searched.
public struct Study: Sendable {
  /// How many values of a setting, beside the deployment's own, are tried with all seeds after one seed ranked them.
  private static let finalists = 3

  /// What was asked.
  public let question: Question
  /// The policies with the deployment's own settings.
  public private(set) var asItIs: [Standing] = []
  /// The policies at their best; empty where nothing is searched.
  public private(set) var best: [Standing] = []
  /// Settings that cannot be, and why.
  public private(set) var refused: [String] = []
  /// How many simulations it took.
  public private(set) var simulations = 0
  private let crew: Crew

  /// Answers a question.
  /// - Parameter onOutcome: told what each seed gave for a policy with the deployment's settings, from any thread.
  public init(
    _ question: Question, by crew: Crew, onOutcome: @escaping @Sendable (Contender, Outcome) -> Void = { _, _ in }
  ) throws {
    self.question = question
    self.crew = crew
    let entries = try question.asItIs.map { Entry(contender: $0, seeds: question.seeds, rate: question.rate) }
    asItIs = try measure(entries, stage: question.objective.title, onOutcome)
    try serve(\.asItIs, stage: "at that rate")
    guard !question.searched.isEmpty else { return }
    try search()
    try serve(\.best, stage: "at the best rate")
  }

  /// Finds each policy at its best: all values of its setting with one seed, the best few of these with all seeds. The
  /// deployment's own wins a tie, so that a search never makes anything worse.
  ///
  /// The best of several means is somewhat too good by the luck of its seeds.
  private mutating func search() throws {
    let preference = question.objective.preference
    best = asItIs
    let entries = try asItIs.indices.flatMap { place in
      try candidates(beside: asItIs[place]).map { (place: place, entry: $0) }
    }
    let first = try measure(entries.map(\.entry), stage: "settings")
    let chosen = asItIs.indices.flatMap { place in
      entries.indices.filter { entries[$0].place == place }
        .sorted { (-first[$0].score(preference), $0) < (-first[$1].score(preference), $1) }.prefix(Self.finalists)
    }
    let others = Array(question.seeds.dropFirst())
    let rest = try measure(chosen.map { entries[$0].entry.with(seeds: others) }, stage: "best settings")
    for (index, rest) in zip(chosen, rest) {
      let standing = first[index].joined(by: rest)
      let place = entries[index].place
      if standing.score(preference) > best[place].score(preference) { best[place] = standing }
    }
  }

  /// The other values of a policy's setting, if it is searched, with the first seed; those that do not fit are noted.
  private mutating func candidates(beside own: Standing) throws -> [Entry] {
    guard let (setting, value) = own.contender.choice, question.searched.contains(where: { $0.name == setting.name })
    else { return [] }
    let rate = own.outcomes[0].value.flatMap { question.objective.isRate ? RequestsPerSecond($0) : nil }
    var entries: [Entry] = []
    for candidate in setting.candidates(for: question.deployment) where candidate != value {
      let contender = Contender(policy: setting.policy, choice: (setting, candidate))
      do {
        try question.check(contender)
        entries.append(Entry(contender: contender, seeds: [question.seeds[0]], rate: rate ?? question.rate))
      } catch let error as InputError where error.status == .config {
        refused.append("\(contender.label): \(error)")
      }
    }
    return entries
  }

  /// Simulates what is known by one run: the values of all metrics at the mean capacity.
  private mutating func serve(_ standings: WritableKeyPath<Study, [Standing]>, stage: String) throws {
    guard question.objective.isRate else { return }
    let question = question
    let crew = crew
    let jobs = self[keyPath: standings].indices.flatMap { index -> [Job] in
      let standing = self[keyPath: standings][index]
      guard standing.runs.isEmpty, let rate = standing.estimate?.mean else { return [] }
      return question.seeds.map {
        Job(place: index, contender: standing.contender, seed: $0, rate: RequestsPerSecond(rate))
      }
    }
    let runs = try crew.map(jobs, stage: stage) { try $0.run(question, crew.check) }
    simulations += runs.count
    for (job, run) in zip(jobs, runs) { self[keyPath: standings][job.place].runs.append(run) }
  }

  /// What each entry comes to with each of its seeds.
  private mutating func measure(
    _ entries: [Entry], stage: String, _ onOutcome: @escaping @Sendable (Contender, Outcome) -> Void = { _, _ in }
  ) throws -> [Standing] {
    let jobs = entries.indices.flatMap { index in
      entries[index].seeds.map { seed in
        Job(place: index, contender: entries[index].contender, seed: seed, rate: entries[index].rate)
      }
    }
    let question = question
    let crew = crew
    let found = try crew.map(jobs, stage: stage) { job in
      let found = try job.measure(question, crew.check)
      onOutcome(job.contender, found.outcome)
      return found
    }
    simulations += found.reduce(0) { $0 + $1.simulations }
    return entries.indices.map { index in
      let own = zip(jobs, found).filter { $0.0.place == index }.map(\.1)
      return Standing(
        contender: entries[index].contender, outcomes: own.map(\.outcome), runs: own.compactMap(\.run))
    }
  }
}

/// A contender to be measured with some seeds.
private struct Entry {
  let contender: Contender
  let seeds: [Int]
  let rate: RequestsPerSecond

  func with(seeds: [Int]) -> Entry { Entry(contender: contender, seeds: seeds, rate: rate) }
}
