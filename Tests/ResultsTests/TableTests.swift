import Base
import HardwareModels
import Sim
import Testing

@testable import Results

@Suite struct TableTests {
  private let chunked = RunResult(describe("chunked"), roundSummary())
  private let layered = RunResult(describe("layered", index: 1), betterSummary())

  @Test func columnsAreAsWideAsTheirWidestCell() {
    var table = TextTable([("name", .left), ("tokens", .right)])
    table.addHeading("A heading wider than any row of the table")
    table.add(["é", "1"])
    table.add(["longer", "12,345,678"])
    let expected = """
      name        tokens
      ──────────────────
      A heading wider than any row of the table
      é                1
      longer  12,345,678

      """
    #expect(table.text == expected)
  }

  @Test(arguments: [
    (0.0, "0"), (7, "7"), (1234567, "1,234,567"), (-1234.5, "-1,235"), (0.5, "0.5000"), (97.656, "97.66"),
    (123.456, "123.5"), (12345.6, "12,346"), (0.00123456, "0.001235"), (999.96, "1,000.0"), (1e300, "1e+300"),
    (-0.00000000001, "-0.00000000001000"), (1900.0000000000002, "1,900"), (4e15, "4,000,000,000,000,000"),
  ])
  func numbersAreReadable(_ value: Double, _ text: String) {
    #expect(readable(value) == text)
  }

  @Test(arguments: [
    (MetricUnit.bytes, 999.0, "B"), (.bytes, 9_999, "B"), (.bytes, 10_000, "kB"), (.bytes, 3e13, "TB"),
    (.bytes, 1e30, "EB"), (.milliseconds, 9_999, "ms"), (.milliseconds, 12_345, "s"), (.flops, 1e17, "PFLOP"),
    (.joules, 1.2e5, "kJ"), (.millijoules, 56.6, "mJ"), (.count, 1e9, ""), (.percent, 100, "%"),
  ])
  func largeValuesAreShownInLargeUnits(_ unit: MetricUnit, _ value: Double, _ symbol: String) {
    #expect(unit.scale(for: value).symbol == symbol)
  }

  @Test func noLineIsWiderThanAHundredColumns() {
    let four = [chunked, layered, RunResult(describe("orca"), roundSummary()), chunked]
    for results in [[chunked], [chunked, layered], four] {
      #expect(comparisonTable(results).split(separator: "\n").allSatisfy { $0.count <= 100 })
    }
  }

  @Test func oneRunHasNoChange() {
    let lines = comparisonTable([chunked]).split(separator: "\n")
    #expect(lines[0] == "metric                     unit   chunked")
    #expect(lines[3] == "  arrived                               3")
  }

  @Test func whatIsMissingIsADash() {
    let nothing = RunResult(describe("layered"), RunSummary())
    let lines = comparisonTable([chunked, nothing]).split(separator: "\n")
    #expect(lines.contains("  TTFT mean                ms       1,500        –         –"))
    #expect(lines.contains("  completed                             2        0  -100.0 %"))
    let other = comparisonTable([nothing, chunked]).split(separator: "\n")
    #expect(other.contains("  completed                             0        2       –"))
  }

  @Test func twoRunsStandSideBySide() {
    #expect(comparisonTable([chunked, layered]) == wholeTable)
  }
}

private let wholeTable = """
  metric                     unit   chunked  layered    change
  ────────────────────────────────────────────────────────────
  Requests
    arrived                               3        3         =
    completed                             2        2         =
    rejected                              1        1         =
      too long                            1        1         =
      no memory                           0        0         =
    prompt tokens                       200      200         =
    prefix cache hits        %           32       32         =
    output tokens                         6        6         =
    makespan                 s           10       10         =
    request throughput       req/s   0.2000   0.2000         =
    output throughput        tok/s   0.6000   0.6000         =
    mean in flight                        2        2         =
  Latency
    TTFT mean                ms       1,500      750   -50.0 %
    TTFT p50                 ms       1,500      750   -50.0 %
    TTFT p90                 ms       1,900      950   -50.0 %
    TTFT p99                 ms       1,990      995   -50.0 %
    TTFT max                 ms       2,000    1,000   -50.0 %
    TBT mean                 ms          50       50         =
    TBT p50                  ms          50       50         =
    TBT p90                  ms          50       50         =
    TBT p99                  ms          50       50         =
    TBT max                  ms          50       50         =
    TPOT mean                ms          50       50         =
    TPOT p50                 ms          50       50         =
    TPOT p90                 ms          50       50         =
    TPOT p99                 ms          50       50         =
    TPOT max                 ms          50       50         =
    E2E mean                 ms       1,600    1,600         =
    E2E p50                  ms       1,600    1,600         =
    E2E p90                  ms       2,000    2,000         =
    E2E p99                  ms       2,090    2,090         =
    E2E max                  ms       2,100    2,100         =
  Service level
    SLO attainment           %           50      100  +50.0 pp
    goodput                  req/s   0.1000   0.2000  +100.0 %
  Handover
    KV transfer              MB       8,000    8,000         =
    KV transfer mean         ms         250      250         =
  Work
    iterations                            8        8         =
    mean iteration           ms         500      500         =
    kernel time              %           75       75         =
    mean decode batch                     2        2         =
    preemptions                           0        0         =
    arithmetic               GFLOP    5,000    5,000         =
    HBM traffic              GB       15.00    14.20    -5.3 %
      dense weights          MB       1,000    1,000         =
      expert weights         MB       2,000    1,200   -40.0 %
      KV read                MB       3,000    3,000         =
      KV write               MB       4,000    4,000         =
      activations            MB       5,000    5,000         =
    expert load              MB       2,000    1,200   -40.0 %
    expert load per request  MB       1,000      600   -40.0 %
    NVLink traffic           MB       6,000    6,000         =
  Energy
    energy                   J          320      288   -10.0 %
      idle                   J           50       50         =
      busy                   J           20       20         =
      compute                J           30       30         =
      weights                J           40        8   -80.0 %
      KV cache               J           50       50         =
      activations            J           60       60         =
      link                   J           70       70         =
    energy per token         mJ       1,553    1,398   -10.0 %
    energy per output token  J        53.33    48.00   -10.0 %
    mean power               W        32.00    28.80   -10.0 %
    mean power per GPU       W        16.00    14.40   -10.0 %

  """
