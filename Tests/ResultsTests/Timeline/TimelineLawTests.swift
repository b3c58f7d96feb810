import Base
import Sim
import TestSupport
import Testing
import Traces

/// What holds of every timeline, on a server whose KV cache is so small that requests are preempted and turned away.
struct TimelineLawTests {
  private let policies = ["chunked", "layered"]
  private let summaries: [RunSummary]
  private let timeline: DrawnTimeline
  private let json: String

  init() throws {
    (json, summaries) = try Self.drawn()
    timeline = try DrawnTimeline(json)
  }

  private static func drawn() throws -> (json: String, summaries: [RunSummary]) {
    var random = SeededRandom(seed: 5, stream: "timeline")
    var now = 0.0
    let trace: [TraceRequest] = (0..<60).map { index in
      now += index == 30 ? 100_000 : Double(random.integer(0...200))
      return .at(now, prompt: random.integer(1...50), output: random.integer(1...30))
    }
    return try draw(
      [
        ChunkedPrefill(tokenBudget: 16),
        LayeredPrefill(cohortTokens: 64, grouping: LayerGrouping(rule: .fixed, maxGroups: 3)),
      ], serving: trace + [.at(now, prompt: 400, output: 1)], on: tinyServer(layers: 6, blocks: 30))
  }

  @Test func theTraceHasWhatTheLawsAreAbout() throws {
    for summary in summaries {
      #expect(summary.preemptions > 0 && summary.requestsRejectedNoMemory == 1 && summary.requestsCompleted == 60)
    }
    #expect(try Self.drawn().json == json)
  }

  @Test func slicesOfATrackFollowOneAnother() {
    for policy in policies {
      for track in ["arrivals", "iterations", "layers"] {
        let slices = timeline.slices(track, of: policy)
        #expect(!slices.isEmpty)
        for (slice, next) in zip(slices, slices.dropFirst()) { #expect(slice.end <= next.start, "\(track)") }
      }
    }
  }

  @Test func partsFillTheirIterations() {
    for policy in policies {
      let parts = timeline.slices("layers", of: policy)
      var place = 0
      for iteration in timeline.slices("iterations", of: policy) {
        let inside = parts[place...].prefix { $0.start < iteration.end }
        #expect(inside.first?.start == iteration.start && inside.last?.end == iteration.end)
        #expect(inside.reduce(0) { $0 + $1.duration } == iteration.duration)
        place += inside.count
      }
      #expect(place == parts.count)
    }
  }

  @Test func iterationsAddUpToTheSummary() {
    for (policy, summary) in zip(policies, summaries) {
      let iterations = timeline.slices("iterations", of: policy)
      func sum(_ key: String) -> Double { iterations.reduce(0) { $0 + ($1.args[key] as? Double ?? .nan) } }
      #expect(iterations.count == summary.iterations)
      #expect(Double(iterations.reduce(0) { $0 + $1.duration }) / 1e9 == summary.work.duration.value)
      #expect(sum("energy_j") == summary.work.energy.total.value)
      #expect(sum("expert_weights_bytes") == summary.work.traffic[.expertWeights].value)
      #expect(sum("decodes") == Double(summary.decodedTokens))
    }
  }

  @Test func countersChangeWithEveryIterationAndFallWhereNothingRuns() {
    for policy in policies {
      let iterations = timeline.slices("iterations", of: policy)
      let ends = iterations.map(\.end)
      let idle = zip(ends, iterations.dropFirst().map(\.start) + [Int.max]).filter { $0 < $1 }.map(\.0)
      #expect(idle.count > 1)
      let moments = (iterations.map(\.start) + idle).sorted()
      for name in ["requests", "KV cache", "HBM GB/s", "power"] {
        let counts = timeline.events("C", of: policy).filter { $0.name == name }
        #expect(counts.map(\.start) == moments, "\(name)")
        let atRest = counts.filter { idle.contains($0.start) }.flatMap { $0.args.values.compactMap { $0 as? Double } }
        #expect(atRest.allSatisfy { $0 == (name == "power" ? 1 : 0) })
      }
    }
  }

  @Test func everyAsynchronousSliceEndsOnce() {
    for policy in policies {
      var open: [String: Int] = [:]
      let ends = timeline.events("be", of: policy)
      for event in ends {
        let key = "\(event.name) \(event.id ?? -1)"
        #expect((open[key] == nil) == (event.phase == "b"))
        open[key] = event.phase == "b" ? event.start : nil
      }
      #expect(open.isEmpty)
      #expect(ends.count { $0.phase == "b" && $0.name == "request" } == 61)
    }
  }

  @Test func flowsLeadFromArrivalsThroughIterations() throws {
    for policy in policies {
      let iterations = timeline.slices("iterations", of: policy)
      let arrivals = timeline.slices("arrivals", of: policy)
      let flows = Dictionary(grouping: timeline.events("stf", of: policy), by: \.id)
      #expect(flows.count == 60)
      for (id, flow) in flows.sorted(by: { ($0.key ?? -1) < ($1.key ?? -1) }) {
        #expect(["stf", "sttf"].contains(flow.map(\.phase).joined()))
        #expect(flow.map(\.start) == flow.map(\.start).sorted())
        let arrival = try #require(arrivals.first { $0.args["request"] as? Int == id })
        #expect(flow[0].start == arrival.start && flow[0].thread == arrival.thread)
        for step in flow.dropFirst() {
          #expect(iterations.contains { $0.thread == step.thread && $0.start <= step.start && step.start < $0.end })
        }
      }
    }
  }
}
