import Base
import RealKernels
import Testing

@Suite(.enabled(if: !machines.isEmpty, "\(notBuilt)")) struct SmallKernelTests {
  @Test(arguments: machines) func productsOfAnyShapeGiveTheReference(_ machine: Machine) throws {
    let shapes = [(1, 1, 1), (1, 130, 67), (7, 5, 33), (32, 64, 100), (33, 64, 100), (90, 301, 129), (0, 8, 8)]
    for (seed, (rows, columns, inner)) in shapes.enumerated() {
      var check = try machine.check(seed: UInt64(seed))
      _ = try check.gemm(
        rows: rows, columns: machine.size(columns), inner: machine.size(inner), sampled: 5)
    }
  }

  @Test(arguments: machines) func normsGiveTheReference(_ machine: Machine) throws {
    for (rows, width) in [(1, 1), (3, 67), (5, 2048), (0, 3)] {
      var check = try machine.check(seed: UInt64(rows))
      _ = try check.rmsNorm(rows: rows, width: width)
    }
  }

  @Test(arguments: machines) func rotaryPositionsGiveTheReference(_ machine: Machine) throws {
    for (tokens, heads, width) in [(1, 1, 2), (7, 3, 10), (20, 4, 128), (0, 1, 2)] {
      var check = try machine.check(seed: UInt64(tokens))
      _ = try check.rope(tokens: tokens, heads: heads, headWidth: width)
    }
  }

  @Test(arguments: machines) func embeddingsAreRowsOfTheTable(_ machine: Machine) throws {
    var check = try machine.check(seed: 3)
    _ = try check.embedding(tokens: 9, hidden: 35, vocabulary: 41)
    _ = try check.embedding(tokens: 1, hidden: 1, vocabulary: 1)
  }

  @Test(arguments: machines) func routingGivesTheReference(_ machine: Machine) throws {
    for (tokens, experts, chosen) in [(1, 1, 1), (5, 7, 3), (40, 128, 8), (3, 4, 4), (2, 300, 2), (0, 4, 2)] {
      var check = try machine.check(seed: UInt64(experts))
      _ = try check.route(tokens: tokens, experts: experts, expertsPerToken: chosen)
    }
  }

  @Test(arguments: machines) func theLowerOfEqualExpertsComesFirst(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 1)
    let logits = try KernelBuffer(kernels, .float32, [1, 2, 2, 2, 0])
    let ids = try KernelBuffer(kernels, .int32, count: 2)
    let weights = try KernelBuffer(kernels, .float32, count: 2)
    try kernels.route(
      tokens: 1, experts: 5, expertsPerToken: 2, logits: logits.all, expertIDs: ids.all, expertWeights: weights.all)
    #expect(try ids.downloadIntegers() == [1, 2])
    #expect(try weights.download() == [0.5, 0.5])
  }

  @Test(arguments: machines) func theLargestIsFoundWhereverItStands(_ machine: Machine) throws {
    for (rows, width) in [(1, 1), (6, 5), (3, 1000), (2, 5001)] {
      var check = try machine.check(seed: UInt64(width))
      try check.argmax(rows: rows, width: width)
    }
  }

  @Test(arguments: machines) func residualsAreAdded(_ machine: Machine) throws {
    for count in [1, 31, 4097, 0] {
      var check = try machine.check(seed: UInt64(count))
      _ = try check.add(count: count)
    }
  }

  @Test(arguments: machines) func namedRowsAreCopiedAndNoOthers(_ machine: Machine) throws {
    var check = try machine.check(seed: 4)
    try check.copyRows(5, width: 33)
    try check.copyRows(1, width: 1)
  }

  @Test(arguments: machines) func aCopyIsExactAndItsSumRight(_ machine: Machine) throws {
    for (index, count) in [0, 1, 63, 129, 70_001, 600_000].enumerated() {
      var check = try machine.check(seed: UInt64(index))
      _ = try check.copyAndSum(check.activationType, count: count)
      _ = try check.copyAndSum(.bfloat16, count: count)
    }
  }

  @Test(arguments: machines) func randomNumbersAreTheSameOnEveryBackend(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 2)
    let found = try KernelBuffer(kernels, .float32, count: 4, seed: 7, scale: 1).download()
    #expect(found == [-0.22034061, -0.9664235, 0.8015213, 0.16586053])
  }
}
