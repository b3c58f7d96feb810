import Base
import RealKernels
import Testing

@Suite(.enabled(if: !machines.isEmpty, "\(notBuilt)")) struct MoETests {
  private func shape(_ machine: Machine, tokens: Int, experts: Int = 7, expertsPerToken: Int = 3) -> MoEShape {
    MoEShape(
      tokens: tokens, hidden: machine.size(67), intermediate: machine.size(45), experts: experts,
      expertsPerToken: expertsPerToken)
  }

  /// Distinct random experts for each token.
  private func routing(_ shape: MoEShape, seed: UInt64) -> [Int32] {
    var random = SeededRandom(seed: seed, stream: "routing")
    return (0..<shape.tokens).flatMap { _ in
      (0..<Int32(shape.experts)).map { ($0, random.next()) }.sorted { $0.1 < $1.1 }
        .prefix(shape.expertsPerToken).map(\.0)
    }
  }

  @Test(arguments: machines, MoEPath.allCases)
  func anyNumberOfTokensGivesTheReference(_ machine: Machine, _ path: MoEPath) throws {
    for (seed, tokens) in [1, 2, 3, 5, 33, 130].enumerated() {
      let shape = shape(machine, tokens: tokens)
      var check = try machine.check(seed: UInt64(seed))
      _ = try check.moe(shape, expertIDs: routing(shape, seed: UInt64(seed)), path: path)
    }
  }

  @Test(arguments: machines, MoEPath.allCases)
  func widthsBeyondOnePanelGiveTheReference(_ machine: Machine, _ path: MoEPath) throws {
    let shape = MoEShape(
      tokens: 40, hidden: machine.size(261), intermediate: machine.size(137), experts: 4, expertsPerToken: 2)
    var check = try machine.check(seed: 11)
    _ = try check.moe(shape, expertIDs: routing(shape, seed: 11), path: path)
  }

  @Test(arguments: machines, [(150, 2), (300, 1)])
  func manyRowsOfFewExpertsGiveTheReference(_ machine: Machine, _ size: (tokens: Int, experts: Int)) throws {
    let shape = shape(machine, tokens: size.tokens, experts: size.experts, expertsPerToken: size.experts)
    var check = try machine.check(seed: 19)
    _ = try check.moe(shape, expertIDs: routing(shape, seed: 19))
  }

  /// The emulated cuBLAS refuses an inner width of 88: the choice being ours, our own kernels take over.
  @Test(arguments: machines) func whatALibraryRefusesIsDoneWithoutIt(_ machine: Machine) throws {
    let shape = MoEShape(tokens: 512, hidden: 88, intermediate: 16, experts: 2, expertsPerToken: 1)
    for seed in [20, 21] as [UInt64] {
      var check = try machine.check(seed: seed)
      _ = try check.moe(shape, expertIDs: routing(shape, seed: seed))
    }
  }

  @Test(arguments: machines, MoEPath.allCases)
  func oneExpertMayGetEveryToken(_ machine: Machine, _ path: MoEPath) throws {
    let shape = shape(machine, tokens: 70, expertsPerToken: 1)
    var check = try machine.check(seed: 12)
    _ = try check.moe(shape, expertIDs: [Int32](repeating: 5, count: shape.pairs), path: path)
  }

  @Test(arguments: machines)
  func theFirstAndTheLastExpertMayBeTheOnlyOnes(_ machine: Machine) throws {
    let shape = shape(machine, tokens: 9, expertsPerToken: 2)
    var check = try machine.check(seed: 13)
    _ = try check.moe(shape, expertIDs: (0..<shape.pairs).map { $0 % 2 == 0 ? 6 : 0 })
  }

  @Test(arguments: machines) func everyExpertMayBeChosen(_ machine: Machine) throws {
    let shape = shape(machine, tokens: 4, experts: 3, expertsPerToken: 3)
    var check = try machine.check(seed: 14)
    _ = try check.moe(shape, expertIDs: routing(shape, seed: 14))
  }

  @Test(arguments: machines) func noTokenIsNoWork(_ machine: Machine) throws {
    var check = try machine.check(seed: 15)
    #expect(try check.moe(shape(machine, tokens: 0), expertIDs: []) == 0)
  }

  @Test(arguments: machines) func anExpertThatIsNotThereIsAFault(_ machine: Machine) throws {
    let shape = shape(machine, tokens: 1, expertsPerToken: 1)
    var check = try machine.check(seed: 16)
    #expect(message { _ = try check.moe(shape, expertIDs: [7]) }.contains("expert"))
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cuda }, "\(notBuilt)"))
  func operandsBetweenSixteenBytesAreRefusedByCUDA() throws {
    let kernels = try #require(machines.first { $0.backend == .cuda }).open(threads: 1)
    let shape = MoEShape(tokens: 1, hidden: 8, intermediate: 8, experts: 1, expertsPerToken: 1)
    func buffer(_ type: ElementType, _ count: Int) throws -> KernelBuffer {
      try KernelBuffer(kernels, type, count: count, seed: 1, scale: 1)
    }
    let output = try buffer(.bfloat16, 9)
    let operands = MoEOperands(
      input: try buffer(.bfloat16, 8).all, expertIDs: try KernelBuffer(kernels, [0]).all,
      expertWeights: try buffer(.float32, 1).all, gateUp: try buffer(.bfloat16, shape.gateUpCount).all,
      down: try buffer(.bfloat16, shape.downCount).all, output: output.from(1))
    #expect(
      message { try kernels.moe(shape, operands) }.hasSuffix(
        "moe: an operand does not begin at a multiple of 16 bytes, as CUDA's kernels need"))
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)"))
  func theNumberOfThreadsChangesNoBitOnTheCPU() throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let shape = MoEShape(tokens: 37, hidden: 300, intermediate: 150, experts: 5, expertsPerToken: 2)
    let ids = routing(shape, seed: 17)
    let outputs = try [1, 2, 3].map { threads in
      let kernels = try machine.open(threads: threads)
      let output = try KernelBuffer(kernels, .float32, count: shape.tokens * shape.hidden)
      func random(_ type: ElementType, _ count: Int, _ seed: UInt64) throws -> KernelView {
        try KernelBuffer(kernels, type, count: count, seed: seed, scale: 0.1).all
      }
      let operands = MoEOperands(
        input: try random(.float32, shape.tokens * shape.hidden, 1), expertIDs: try KernelBuffer(kernels, ids).all,
        expertWeights: try random(.float32, shape.pairs, 2), gateUp: try random(.bfloat16, shape.gateUpCount, 3),
        down: try random(.bfloat16, shape.downCount, 4), output: output.all)
      try kernels.moe(shape, operands)
      return try output.download()
    }
    #expect(outputs[0] == outputs[1] && outputs[1] == outputs[2])
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)"), arguments: MoEPath.allCases)
  func float32WeightsGiveTheReferenceOnTheCPU(_ path: MoEPath) throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let shape = shape(machine, tokens: 60)
    var check = try machine.check(seed: 18)
    check.weightType = .float32
    _ = try check.moe(shape, expertIDs: routing(shape, seed: 18), path: path)
  }
}
