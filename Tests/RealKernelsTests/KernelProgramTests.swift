import Base
import RealKernels
import Testing

@Suite(.enabled(if: !machines.isEmpty, "\(notBuilt)")) struct KernelProgramTests {
  @Test(arguments: machines) func aRecordedOperationWaitsForItsRun(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 2)
    let type = kernels.capabilities.activationType
    let one = try KernelBuffer(kernels, type, [1, 2, 3])
    let sum = try KernelBuffer(kernels, type, [0, 0, 0])
    let program = try kernels.record(keeping: [one, sum]) {
      try kernels.add(count: 3, source: one.all, target: sum.all)
      try kernels.add(count: 1, source: one.all, target: sum.from(2))
    }
    #expect(try sum.download() == [0, 0, 0])
    try program.run()
    #expect(try sum.download() == [1, 2, 4])
    try program.run()
    #expect(try sum.download() == [2, 4, 8])
  }

  @Test(arguments: machines) func aProgramWorksOnWhatIsThereWhenItRuns(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 2)
    let type = kernels.capabilities.activationType
    let one = try KernelBuffer(kernels, type, [1])
    let sum = try KernelBuffer(kernels, type, [0])
    let program = try kernels.record(keeping: [one, sum]) {
      try kernels.add(count: 1, source: one.all, target: sum.all)
    }
    try one.upload([5])
    try program.run()
    #expect(try sum.download() == [5])
  }

  @Test(arguments: machines, [false, true])
  func timingRunsOnceMoreThanItTimes(_ machine: Machine, _ evicting: Bool) throws {
    let kernels = try machine.open(threads: 2)
    let type = kernels.capabilities.activationType
    let one = try KernelBuffer(kernels, type, [1])
    let sum = try KernelBuffer(kernels, type, [0])
    let program = try kernels.record(keeping: [one, sum]) {
      try kernels.add(count: 1, source: one.all, target: sum.all)
    }
    let times = try program.time(repeats: 4, evictingCaches: evicting)
    #expect(times.count == 4 && times.allSatisfy { $0 >= .zero })
    #expect(try sum.download() == [5])
  }

  @Test(arguments: machines) func whatARecordingThrowsEndsIt(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 1)
    let buffer = try KernelBuffer(kernels, kernels.capabilities.activationType, [1, 2])
    let found = message {
      _ = try kernels.record(keeping: [buffer]) { try kernels.add(count: 3, source: buffer.all, target: buffer.all) }
    }
    #expect(
      found == "\(machine.backend.rawValue) kernels: add: source needs 3 elements from 0 on; its buffer has 2")
    #expect(try kernels.record(keeping: []) {}.time(repeats: 1).count == 1)
  }

  @Test(arguments: machines, MoEPath.allCases)
  func everyReplayOfALayerGivesTheSameBits(_ machine: Machine, _ path: MoEPath) throws {
    let kernels = try machine.open(threads: 2)
    let shape = MoEShape(tokens: 20, hidden: 64, intermediate: 40, experts: 4, expertsPerToken: 1)
    let type = kernels.capabilities.activationType
    let logits = try KernelBuffer(kernels, .float32, count: 80, seed: 1, scale: 1)
    let ids = try KernelBuffer(kernels, .int32, count: 20)
    let shares = try KernelBuffer(kernels, .float32, count: 20)
    let input = try KernelBuffer(kernels, type, count: 20 * 64, seed: 2, scale: 1)
    let gateUp = try KernelBuffer(kernels, .bfloat16, count: shape.gateUpCount, seed: 3, scale: 0.1)
    let down = try KernelBuffer(kernels, .bfloat16, count: shape.downCount, seed: 4, scale: 0.1)
    let output = try KernelBuffer(kernels, type, count: 20 * 64)
    let program = try kernels.record(keeping: [logits, ids, shares, input, gateUp, down, output]) {
      try kernels.route(
        tokens: 20, experts: 4, expertsPerToken: 1, logits: logits.all, expertIDs: ids.all, expertWeights: shares.all)
      let operands = MoEOperands(
        input: input.all, expertIDs: ids.all, expertWeights: shares.all, gateUp: gateUp.all, down: down.all,
        output: output.all)
      try kernels.moe(shape, operands, path: path)
    }
    let outputs = try (0..<3).map { _ in
      try output.poison()
      try program.run()
      return try output.download()
    }
    let isWritten = outputs[0].allSatisfy(\.isFinite)
    #expect(isWritten)
    #expect(outputs[0] == outputs[1] && outputs[1] == outputs[2])
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cuda }, "\(notBuilt)"))
  func meteringCountsRunsAndEnergy() throws {
    let machine = try #require(machines.first { $0.backend == .cuda })
    let kernels = try machine.open()
    let buffer = try KernelBuffer(kernels, .bfloat16, count: 1000, seed: 1, scale: 1)
    let program = try kernels.record(keeping: [buffer]) {
      try kernels.add(count: 1000, source: buffer.all, target: buffer.all)
    }
    let metering = try program.meter(atLeast: Seconds(0.05))
    #expect(metering.runs > 0 && metering.energy > .zero && metering.duration >= Seconds(0.05))
    let idle = try kernels.idlePower(over: Seconds(0.02))
    #expect(idle > .zero)
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)"))
  func energyIsUnavailableOnTheCPU() throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let kernels = try machine.open(threads: 1)
    #expect(!kernels.capabilities.readsEnergy)
    #expect(
      throws: InputError(.unavailable, file: "cpu kernels", "energy is not measured on the CPU")
    ) { try kernels.idlePower(over: Seconds(0.01)) }
    let buffer = try KernelBuffer(kernels, .float32, [1])
    let program = try kernels.record(keeping: [buffer]) {
      try kernels.add(count: 1, source: buffer.all, target: buffer.all)
    }
    #expect(
      throws: InputError(.unavailable, file: "cpu kernels", "energy is not measured on the CPU")
    ) { try program.meter(atLeast: Seconds(0.01)) }
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)"))
  func aMachineHasOneCPUAndAtLeastOneThread() throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let library = try KernelLibrary(.cpu, at: machine.path)
    #expect(try library.deviceCount() == 1)
    #expect(
      message { _ = try Kernels(library, ordinal: 1) }
        == "cpu kernels: there is no CPU 1; the CPU backend has device 0 only")
    #expect(try Kernels(library).capabilities.processors >= 1)
    #expect(
      message { _ = try KernelBuffer(Kernels(library), .float32, count: 1 << 50) }
        .hasPrefix("cpu kernels: no memory for a buffer of 4503599627370496 bytes; the machine has "))
  }
}
