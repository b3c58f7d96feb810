import Base
import Results
import TestSupport
import Testing
import Traces

@testable import Sizing

/// Sizing the paper's deployment, with few requests.
@Suite struct StudyTests {
  private let library = ConfigLibrary(roots: [projectFile("configs")])

  private func question(
    _ objective: Objective = .capacity(attainment: 90), policy: String? = nil, searching settings: [Setting] = [],
    requestCount: Int? = 12, overrides: String...
  ) throws -> Question {
    let overrides = ["workloads.arxiv.ttftMs=3000"] + overrides
    let tree = try library.resolve("qwen3-30b", overrides: overrides.map { try ConfigOverride(parsing: $0) })
    return try Question(
      tree.setting("trace", to: library.load("arxiv", .trace)), serving: TraceChoice("arxiv", in: library),
      objective: objective, policy: policy, searching: settings, requestCount: requestCount, seconds: 20, seedCount: 2,
      programVersion: "test")
  }

  private func study(_ question: Question, workers: Int = 2) throws -> Study {
    try Study(question, by: Crew(workers: workers))
  }

  private func goodput(at rate: Double) throws -> Objective {
    .metric(try Metric.named("goodput", option: ""), at: RequestsPerSecond(rate))
  }

  @Test func theAnswerDoesNotDependOnTheNumberOfWorkers() throws {
    func answer(workers: Int) throws -> String {
      let report = Report(of: try study(question(searching: [.groups]), workers: workers), pricePerGPUHour: 2)
      return report.text + report.meaning + report.json.prettyJSON()
    }
    #expect(try answer(workers: 1) == answer(workers: 3))
  }

  /// The deployment's settings are bad here, so that there is something to find.
  @Test func theBestSettingsAreNeverWorseThanTheDeploymentsOwn() throws {
    for objective in [
      .capacity(attainment: 90), try goodput(at: 3),
      .metric(try .named("ttft_p99", option: ""), at: RequestsPerSecond(2)),
    ] {
      let study = try study(
        question(
          objective, searching: Setting.all, overrides: "policies.chunked.tokenBudget=300",
          "policies.layered.maxGroups=48"))
      for (own, best) in zip(study.asItIs, study.best) {
        #expect(best.score(objective.preference) >= own.score(objective.preference))
        #expect(best.outcomes.count == 2 && best.runs.count == 2)
      }
      #expect(study.best[0].contender.label != study.asItIs[0].contender.label)
    }
  }

  @Test func atItsCapacityEachSeedHoldsAndALittleAboveItFails() throws {
    let question = try question(policy: "chunked")
    let study = try study(question)
    let contender = study.asItIs[0].contender
    for (seed, outcome) in zip(question.seeds, study.asItIs[0].outcomes) {
      let capacity = try #require(outcome.value)
      for (factor, holds) in [(1.0, true), (1.006, false)] {
        let run = try question.trial(contender, seed: seed) {}
          .run("chunked", at: RequestsPerSecond(capacity * factor), requestCount: 12)
        #expect((try #require(run["slo_attainment_pct"]) >= 90) == holds)
      }
    }
  }

  @Test func ofAMetricOneRunASeedIsTheAnswer() throws {
    let study = try study(question(goodput(at: 2)))
    #expect(study.simulations == 4)
    for standing in study.asItIs {
      #expect(standing.runs.map { $0["goodput_rps"] } == standing.outcomes.map(\.value))
      #expect(standing.runs.allSatisfy { $0.run.rate == 2 })
    }
  }

  @Test func requestsComeForSoManySecondsUnlessTheirNumberIsGiven() throws {
    #expect(try question().requestCount(at: RequestsPerSecond(7)) == 12)
    #expect(try question(requestCount: nil).requestCount(at: RequestsPerSecond(1.31)) == 27)
    #expect(throws: InputError.self) { try question(goodput(at: 1e12), requestCount: nil) }
  }

  @Test func arrivalsWithoutARateAreRefused() throws {
    #expect {
      try question(overrides: #"arrivals={"process": "allAtOnce"}"#)
    } throws: { "\($0)" == #"arrivals: "allAtOnce" has no rate, so it has no highest one"# }
  }

  @Test func seedsBeyondTheLastNumberAreRefused() throws {
    #expect { try question(overrides: "seed=\(Int.max)") } throws: {
      "\($0)" == "seed: \(Int.max) has no 2 successors"
    }
  }

  @Test func limitsThatNoRateMeetsAreSaidToBeOutOfReach() throws {
    let report = Report(of: try study(question(policy: "chunked", overrides: "slo.tbtMs=1")))
    #expect(
      report.meaning
        == "chunked (chunk 512) cannot meet the limits for 90 % of requests at any rate: its capacity is below 0.001300 "
        + "requests a second, the lowest that was tried.")
    #expect(report.study.asItIs[0].runs.isEmpty && report.text.contains("below 0.001300"))
  }

  @Test func limitsThatEveryRateMeetsAreSaidToBindNothing() throws {
    let report = Report(
      of: try study(
        question(policy: "layered", requestCount: 3, overrides: "slo.tbtMs=1e9", "workloads.arxiv.ttftMs=1e9")))
    #expect(
      report.meaning
        == "layered (groups 16) keeps up with every rate that was tried: its capacity is above 1,300 requests a second."
    )
  }

  @Test func costIsTheMakespansPriceSharedByWhatWasServed() throws {
    let study = try study(question(goodput(at: 2), policy: "layered"))
    let run = study.asItIs[0].runs[0]
    let figures = Figure.all(beside: study.question.objective, price: 3.6, gpuCount: 2).suffix(2).map { $0.value(run) }
    let seconds = try #require(run["makespan_s"])
    #expect((try #require(figures[1]) - 2e-3 * seconds / 12 * 1000).magnitude < 1e-12)
    let tokens = try #require(run["prompt_tokens"]) + #require(run["output_tokens"])
    #expect((try #require(figures[0]) - 2e-3 * seconds / tokens * 1e6).magnitude < 1e-12)
  }

  @Test func settingsThatDoNotFitAreNamed() throws {
    let study = try study(
      question(policy: "chunked", searching: [.chunk], overrides: "gpuMemoryUtilization=0.38"))
    // Whoever is turned away for lack of memory does not meet its limits.
    #expect(study.asItIs[0].outcomes.allSatisfy { $0.value == nil })
    #expect(study.refused.count == 4 && study.refused.allSatisfy { $0.hasPrefix("chunked (chunk ") })
  }

  @Test func candidatesAreChunksAndGroupsOfAtMostOneLayerEach() throws {
    let deployment = try question().deployment
    #expect(
      Setting.chunk.candidates(for: deployment)
        == [128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192])
    #expect(Setting.groups.candidates(for: deployment) == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48])
  }

  @Test func aMetricMayLackItsUnitWhereThatIsClear() throws {
    #expect(try Metric.named("energy_per_token", option: "").name == "energy_per_token_mj")
    #expect(throws: InputError.self) { try Metric.named("ttft", option: "") }
  }
}
