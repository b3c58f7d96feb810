import Base
import Sim
import TestSupport
import Testing
import Traces

/// What no policy may plan, and what the engine says then.
@Suite struct PlanErrorTests {
  private let whole = Tile(request: RequestID(0), tokens: 0..<8, layers: 0..<4)

  /// The message after plans for requests of 8 and 4 prompt tokens, on four layers and a cache of `blocks` blocks.
  private func message(_ plans: BatchPlan..., blocks: Int = 10) throws -> String {
    let trace: [TraceRequest] = [.at(0, prompt: 8, output: 4), .at(0, prompt: 4, output: 4)]
    var simulation = Simulation(
      of: ScriptedSource(trace), on: tinyServer(blocks: blocks, under: ScriptedPolicy(plans)),
      costModel: UnitCostModel())
    var message = "no error"
    do { _ = try simulation.run() } catch let error as PlanError { message = error.description }
    return message
  }

  private func tile(_ tokens: Range<Int>, _ layers: Range<Int> = 0..<4, of request: Int = 0) -> Tile {
    Tile(request: RequestID(request), tokens: tokens, layers: layers)
  }

  @Test func aPlanToDoNothingWhileRequestsWaitIsAnError() throws {
    let expected = #"policy "scripted", iteration 0: nothing is planned though 2 requests are in flight"#
    #expect(try message(BatchPlan()) == expected)
    #expect(try message(.of(admit: [0])) == expected)
  }

  @Test func aTileOffTheFrontierIsAnError() throws {
    func expected(_ tile: String, iteration: Int = 0) -> String {
      "policy \"scripted\", iteration \(iteration): the tile of request 0, \(tile), does not fit its frontier"
    }
    #expect(try message(.of(admit: [0], tiles: [tile(1..<8)])) == expected("tokens 1..<8, layers 0..<4"))
    #expect(try message(.of(admit: [0], tiles: [tile(0..<9)])) == expected("tokens 0..<9, layers 0..<4"))
    #expect(try message(.of(admit: [0], tiles: [tile(0..<8, 1..<4)])) == expected("tokens 0..<8, layers 1..<4"))
    #expect(try message(.of(admit: [0], tiles: [tile(0..<8, 0..<5)])) == expected("tokens 0..<8, layers 0..<5"))
    #expect(try message(.of(admit: [0], tiles: [tile(0..<0)])) == expected("tokens 0..<0, layers 0..<4"))
    #expect(try message(.of(admit: [0], tiles: [tile(0..<8, 2..<2)])) == expected("tokens 0..<8, layers 2..<2"))
    let upperHalf = BatchPlan.of(admit: [0], tiles: [tile(0..<4, 0..<2)])
    #expect(
      try message(upperHalf, .of(tiles: [tile(0..<8, 2..<4)]))
        == expected("tokens 0..<8, layers 2..<4", iteration: 1))
    #expect(try message(upperHalf, upperHalf.again) == expected("tokens 0..<4, layers 0..<2", iteration: 1))
  }

  @Test func aTileOfARequestThatIsNotPrefillingIsAnError() throws {
    let expected =
      #"policy "scripted", iteration 0: request 0 has a tile but is not prefilling, has two, or comes before one that was admitted earlier"#
    #expect(try message(.of(tiles: [whole])) == expected)
    #expect(try message(.of(admit: [1], tiles: [whole])) == expected)
    let decoding =
      #"policy "scripted", iteration 1: request 0 has a tile but is not prefilling, has two, or comes before one that was admitted earlier"#
    #expect(try message(.of(admit: [0], tiles: [whole]), .of(tiles: [tile(8..<9)])) == decoding)
  }

  @Test func twoTilesOfARequestAreAnError() throws {
    let plan = BatchPlan.of(admit: [0], tiles: [tile(0..<4), tile(4..<8)])
    #expect(
      try message(plan)
        == #"policy "scripted", iteration 0: request 0 has a tile but is not prefilling, has two, or comes before one that was admitted earlier"#
    )
  }

  @Test func preemptingWhoDoesNotDecodeIsAnError() throws {
    let whole = BatchPlan.of(admit: [0], tiles: [whole])
    #expect(
      try message(.of(preempt: [0]))
        == #"policy "scripted", iteration 0: request 0 is to be preempted but does not decode"#)
    #expect(
      try message(.of(admit: [0], tiles: [tile(0..<4)]), .of(preempt: [0]))
        == #"policy "scripted", iteration 1: request 0 is to be preempted but does not decode"#)
    #expect(
      try message(whole, .of(preempt: [0, 0]))
        == #"policy "scripted", iteration 1: request 0 is to be preempted but does not decode"#)
  }

  @Test func runningMoreThanTheLimitIsAnError() throws {
    let trace = (0..<3).map { _ in TraceRequest.at(0, prompt: 4, output: 4) }
    let tiles = (0..<3).map { tile(0..<4, of: $0) }
    var simulation = Simulation(
      of: ScriptedSource(trace),
      on: tinyServer(maxRequests: 2, under: ScriptedPolicy([.of(admit: [0, 1, 2], tiles: tiles)])),
      costModel: UnitCostModel())
    let error = #expect(throws: PlanError.self) { try simulation.run() }
    #expect(error?.description == #"policy "scripted", iteration 0: 3 requests are to run but the limit is 2"#)
  }

  @Test func lettingFewerThanNoneDecodeIsAnError() throws {
    let expected = #"policy "scripted", iteration 0: -1 requests are to decode"#
    #expect(try message(.of(admit: [0], decodes: .oldest(-1), tiles: [whole])) == expected)
  }

  @Test func admittingWithoutBlocksIsAnError() throws {
    #expect(
      try message(.of(admit: [0], tiles: [whole]), .of(decodes: .all), .of(admit: [1]), blocks: 3)
        == #"policy "scripted", iteration 2: request 1 needs 1 KV blocks but 0 are free"#)
  }

  @Test func admittingWhoDoesNotWaitIsAnError() throws {
    #expect(
      try message(.of(admit: [7])) == #"policy "scripted", iteration 0: request 7 is to be admitted but does not wait"#)
    #expect(
      try message(.of(admit: [0, 0]))
        == #"policy "scripted", iteration 0: request 0 is to be admitted but does not wait"#)
  }

  @Test func decodesWithoutBlocksAreAnError() throws {
    let prefills = BatchPlan.of(admit: [0, 1], tiles: [whole, tile(0..<4, of: 1)])
    #expect(
      try message(prefills, .of(decodes: .all), blocks: 3)
        == #"policy "scripted", iteration 1: the decodes need 2 KV blocks but 0 are free"#)
    #expect(
      try message(prefills, .of(decodes: .oldest(1)), blocks: 3)
        == #"policy "scripted", iteration 1: the decodes need 1 KV blocks but 0 are free"#)
  }
}

extension BatchPlan {
  /// The same tiles without admitting anybody again.
  fileprivate var again: BatchPlan { .of(tiles: tiles) }
}
