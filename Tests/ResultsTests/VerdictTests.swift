import Base
import HardwareModels
import Sim
import Testing

@testable import Results

@Suite struct VerdictTests {
  private let chunked = RunResult(describe("chunked"), roundSummary())
  private let layered = RunResult(describe("layered", index: 1), betterSummary())

  private func layered(_ change: (inout RunSummary) -> Void) -> RunResult {
    var summary = roundSummary()
    change(&summary)
    return RunResult(describe("layered", index: 1), summary)
  }

  @Test func theBetterRunIsPraised() {
    let expected = """
      Against chunked, layered cuts mean TTFT by 50 % and energy per token by 10 %, reads 40 % fewer expert bytes, and \
      meets the SLOs for 100 % of requests (chunked: 50 %).
      """
    #expect(verdict([chunked, layered]) == expected)
  }

  @Test func theWorseRunIsNot() {
    let expected = """
      Against layered, chunked raises mean TTFT by 100 % and energy per token by 11 %, reads 67 % more expert bytes, and \
      meets the SLOs for 50 % of requests (layered: 100 %).
      """
    #expect(verdict([layered, chunked]) == expected)
  }

  @Test func whatMovesBothWaysIsSaidSeparately() {
    let mixed = layered {
      $0.timeToFirstToken = Distribution()
      $0.timeToFirstToken.add(.seconds(1.4))
      $0.work.energy[.busy] = Joules(116)
    }
    let expected = """
      Against chunked, layered cuts mean TTFT by 6.7 %, raises energy per token by 30 %, reads as many expert bytes, and \
      meets the SLOs for 50 % of requests, as chunked does.
      """
    #expect(verdict([chunked, mixed]) == expected)
  }

  @Test func tiesAreTies() {
    let expected = """
      Against chunked, layered leaves mean TTFT within 0.1 % and energy per token within 0.1 %, reads as many expert \
      bytes, and meets the SLOs for 50 % of requests, as chunked does.
      """
    #expect(verdict([chunked, layered { _ in }]) == expected)
  }

  @Test func aModelWithoutExpertsHasNoExpertBytes() {
    var summary = roundSummary()
    summary.work.traffic[.expertWeights] = .zero
    let dense = RunResult(describe("chunked"), summary)
    let other = layered { $0.work.traffic[.expertWeights] = .zero }
    #expect(!verdict([dense, other]).contains("expert"))
  }

  @Test func requestsThatWereNotCompletedAreMentioned() {
    let fewer = layered { $0.requestsCompleted = 1 }
    #expect(verdict([chunked, fewer]).hasPrefix("Against chunked, layered completes 1 of 3 requests (chunked: 2), "))
  }

  @Test func withoutACompletedRequestThereIsNothingToCompare() {
    let nothing = RunResult(describe("layered"), RunSummary())
    let expected = "No request was completed under layered, so there is nothing to compare."
    #expect(verdict([chunked, nothing]) == expected)
    #expect(verdict([nothing, chunked]) == expected)
  }

  @Test func almostAllIsNotAll() {
    let almost = layered {
      $0.requestsCompleted = 10_000
      $0.requestsWithinServiceLevel = 9_999
    }
    let fact = verdict([almost]).split(separator: ", ").last
    #expect(fact == "and meets the SLOs for 99.99 % of requests.")
  }

  @Test func oneRunIsDescribedByItself() {
    let expected = """
      Chunked takes 1,500 ms to the first token on average, draws 1,553 mJ per token, and meets the SLOs for 50 % of \
      requests.
      """
    #expect(verdict([chunked]) == expected)
  }

  @Test func threeRunsAreMeasuredAgainstTheFirst() {
    let lines = verdict([chunked, layered, RunResult(describe("orca"), roundSummary())]).split(separator: "\n")
    #expect(lines.map { $0.prefix(30) } == ["Against chunked, layered cuts ", "Against chunked, orca leaves m"])
  }
}
