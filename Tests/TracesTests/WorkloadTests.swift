import Base
import Testing

@testable import Traces

@Suite struct WorkloadTests {
  private let rows = "arrival_ms,prompt_tokens,output_tokens\n100,10,1\n200,20,2\n400,30,3\n1100,40,4\n"
  private let lengths = "num_prefill_tokens,num_decode_tokens\n10,1\n20,2\n30,3\n"

  private func open(_ text: String, rate: Double? = nil, count: Int? = nil) throws -> [TraceRequest] {
    let file = try TemporaryFile(text)
    return try all(workload(file, rate: rate, count: count).open())
  }

  private func workload(
    _ file: TemporaryFile, arrivals: any ArrivalProcess = ConstantArrivals(), rate: Double?, count: Int? = nil
  ) throws -> Workload {
    try Workload(
      .file(TraceFile(path: file.path)), arrivals: arrivals, rate: rate.map { RequestsPerSecond($0) },
      requestCount: count, seed: 0)
  }

  private func invented(
    _ arrivals: any ArrivalProcess, rate: Double?, count: Int? = 1000, seed: UInt64 = 1
  ) throws -> [TraceRequest] {
    let workload = try Workload(
      .recipe(logNormalRecipe()), arrivals: arrivals, rate: rate.map { RequestsPerSecond($0) }, requestCount: count,
      seed: seed)
    return try all(workload.open())
  }

  @Test func recordedArrivalsAreKeptWithoutARate() throws {
    #expect(try open(rows) == [request(0, 10, 1), request(100, 20, 2), request(300, 30, 3), request(1000, 40, 4)])
  }

  @Test func recordedGapsAreRescaledToARate() throws {
    #expect(
      try open(rows, rate: 6) == [request(0, 10, 1), request(50, 20, 2), request(150, 30, 3), request(500, 40, 4)])
  }

  @Test func theRateIsThatOfTheRequestsThatAreUsed() throws {
    // Three requests in 300 ms come at 6.67 a second; at 20 a second they take 100 ms.
    let found = try open(rows, rate: 20, count: 3).map(\.arrival.nanoseconds)
    #expect(found == [0, 33_333_333, 100_000_000])
  }

  @Test func aFileWithoutArrivalsTakesThoseOfTheProcess() throws {
    #expect(try open(lengths, rate: 2, count: 2) == [request(0, 10, 1), request(500, 20, 2)])
  }

  @Test func aWorkloadOpensTheSameEachTime() throws {
    let file = try TemporaryFile(lengths)
    let workload = try workload(file, arrivals: PoissonArrivals(), rate: 2)
    #expect(try all(workload.open()) == all(workload.open()))
    #expect(workload.requestCount == 3)
  }

  @Test func theSameSeedGivesTheSameRequestsAtEveryRate() throws {
    let slow = try invented(PoissonArrivals(), rate: 1)
    let fast = try invented(PoissonArrivals(), rate: 1000)
    #expect(slow.map(\.promptTokens) == fast.map(\.promptTokens))
    #expect(slow.map(\.outputTokens) == fast.map(\.outputTokens))
    for (before, after) in zip(slow, fast) {
      #expect((before.arrival.seconds / 1000 - after.arrival.seconds).magnitude <= 1.1e-9)
    }
    #expect(slow.first?.arrival == .zero)
  }

  @Test func lengthsDoNotDependOnTheArrivalProcess() throws {
    let poisson = try invented(PoissonArrivals(), rate: 1)
    for other in [
      try invented(arrivals("{\"process\": \"gamma\", \"burstiness\": 0.5}"), rate: 1),
      try invented(SimultaneousArrivals(), rate: nil),
    ] {
      #expect(other.map(\.promptTokens) == poisson.map(\.promptTokens))
      #expect(other.map(\.outputTokens) == poisson.map(\.outputTokens))
    }
  }

  @Test func arrivalsDoNotDependOnTheLengths() throws {
    let fixed = try Workload(
      .recipe(fixedRecipe(5, 6)), arrivals: PoissonArrivals(), rate: RequestsPerSecond(1), requestCount: 1000, seed: 1)
    #expect(try all(fixed.open()).map(\.arrival) == invented(PoissonArrivals(), rate: 1).map(\.arrival))
  }

  @Test func anotherSeedGivesOtherRequests() throws {
    let one = try invented(PoissonArrivals(), rate: 1, seed: 1)
    let two = try invented(PoissonArrivals(), rate: 1, seed: 2)
    #expect(one.map(\.promptTokens) != two.map(\.promptTokens))
    #expect(one.map(\.arrival) != two.map(\.arrival))
  }

  @Test func aLongerRunBeginsLikeAShorterOne() throws {
    let short = try invented(PoissonArrivals(), rate: 1, count: 10)
    #expect(try Array(invented(PoissonArrivals(), rate: 1, count: 20).prefix(10)) == short)
  }

  @Test func whatCannotBeAskedOfAFileIsSaid() throws {
    let file = try TemporaryFile(rows)
    func found(rate: Double? = nil, count: Int? = nil) throws -> String {
      try complaint(calling: file) { _ = try workload(file, rate: rate, count: count) }
    }
    #expect(
      try found(count: 5)
        == "t.csv: asked for 5 requests, the file has 4 — without a number all of them are used")
    #expect(try found(count: 0) == "requests: 0 is out of range; expected 1 or more")
    #expect(try found(rate: 0) == "rate: 0.0 is out of range; expected a number above 0")
    #expect(try found(rate: .nan) == "rate: nan is out of range; expected a number above 0")
    #expect(try found(rate: -1) == "rate: -1.0 is out of range; expected a number above 0")
    #expect(try found(rate: .infinity) == "rate: inf is out of range; expected a number above 0")
    #expect(
      try found(rate: 1e-12)
        == "rate: 1e-12 is too low: the last request would arrive after 146 years, the clock's end")
    #expect(try found(rate: 1e-12, count: 1) == "no error")
  }

  @Test func requestsThatArriveAtOnceCannotBeRescaled() throws {
    let file = try TemporaryFile("arrival_ms,prompt_tokens,output_tokens\n5,1,2\n5,1,2\n")
    #expect(
      try complaint(calling: file) { _ = try workload(file, rate: 1) }
        == "t.csv: all 2 requests arrive at once, so they cannot be rescaled to a rate")
  }

  @Test func aTraceWithoutArrivalsNeedsARate() throws {
    let file = try TemporaryFile(lengths)
    #expect(
      try complaint(calling: file) { _ = try workload(file, rate: nil) }
        == "the trace \"t.csv\" does not say when requests arrive; give a rate for the constant arrivals")
    #expect(
      try complaint { _ = try invented(PoissonArrivals(), rate: nil) }
        == "the trace \"test\" does not say when requests arrive; give a rate for the poisson arrivals")
    #expect(
      try complaint { _ = try invented(SimultaneousArrivals(), rate: 1) }
        == "rate: arrivals \"allAtOnce\" have no rate, 1.0 was given — leave the rate out")
  }

  @Test func aRecipeNeedsANumberOfRequests() throws {
    #expect(
      try complaint { _ = try invented(PoissonArrivals(), rate: 1, count: nil) }
        == "the trace \"test\" has no end; say how many requests to draw")
  }

  @Test func aWrongLineIsFoundBeforeTheFirstRequestIsGiven() throws {
    let file = try TemporaryFile(rows + "1200,x,1\n")
    #expect(
      try complaint(calling: file) { _ = try workload(file, rate: nil) }
        == "t.csv: line 6, prompt_tokens: \"x\" is not a whole number")
    #expect(try all(workload(file, rate: nil, count: 4).open()).count == 4)
  }

  @Test func skippedRowsAreCountedUpToTheLastRequestThatIsUsed() throws {
    let file = try TemporaryFile("Timestamp,Request tokens,Response tokens\n1,5,0\n2,6,1\n3,7,0\n4,8,2\n5,9,0\n")
    #expect(try workload(file, rate: nil).skippedRows == 3)
    #expect(try workload(file, rate: nil, count: 1).skippedRows == 1)
    #expect(
      try complaint(calling: file) { _ = try workload(file, rate: nil, count: 3) }
        == "t.csv: asked for 3 requests, the file has 2 and 3 that failed — without a number all of them are used")
  }
}
