import Base
import RealKernels
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct KernelLibraryTests {
  private let howToBuild =
    "build them with: make kernels (needs a C compiler, and OpenBLAS to run; on Debian: apt-get install libopenblas0)"

  /// A library made of this C, in a folder of its own that goes away afterwards.
  private func withStub(_ code: String, _ body: (String) throws -> Void) throws {
    let scratch = try Scratch()
    let source = try scratch.write(code, to: "stub.c")
    let library = scratch.path("liblpk_cpu.so")
    try #require(system("cc -shared -fPIC -o \(library) \(source)") == 0)
    try body(library)
  }

  @Test func aLibraryThatIsNotBuiltSaysHowToBuildIt() {
    #expect(
      message { _ = try KernelLibrary(.cpu, in: ["/none", "/nowhere"]) }
        == "the CPU kernels are not built: no liblpk_cpu.so in /none or /nowhere — \(howToBuild)")
    #expect(
      message { _ = try KernelLibrary(.cuda, in: ["/none"]) }
        == "the CUDA kernels are not built: no liblpk_cuda.so in /none — build them with: make cuda (needs no GPU; without nvcc, make cuda-check fetches one)"
    )
  }

  @Test func aMissingLibraryIsUnavailable() {
    #expect(
      throws: InputError(
        .unavailable, "the CPU kernels are not built: no liblpk_cpu.so in /none", hint: howToBuild)
    ) { try KernelLibrary(.cpu, in: ["/none"]) }
  }

  @Test func aFileThatIsNoLibrarySaysSo() {
    let found = message { _ = try KernelLibrary(.cpu, at: #filePath) }
    #expect(found.hasPrefix("\(#filePath): cannot be loaded: "))
    #expect(found.hasSuffix(" — \(howToBuild)"))
  }

  @Test func aLibraryOfAnotherVersionSaysWhichOne() throws {
    try withStub("int lpk_abi_version(void) { return 7; }") { path in
      #expect(
        message { _ = try KernelLibrary(.cpu, at: path) }
          == "\(path): speaks version 7 of the kernel interface; this lpsim speaks version 1 — \(howToBuild)")
    }
  }

  @Test func aStrangersLibrarySaysSo() throws {
    try withStub("int other(void) { return 1; }") { path in
      #expect(
        message { _ = try KernelLibrary(.cpu, at: path) }
          == "\(path): is no kernel library: it has no lpk_abi_version — \(howToBuild)")
    }
  }

  @Test func aLibraryWithoutFunctionsSaysSo() throws {
    try withStub("int lpk_abi_version(void) { return 1; }") { path in
      #expect(
        message { _ = try KernelLibrary(.cpu, at: path) }
          == "\(path): is no kernel library: it has no lpk_functions — \(howToBuild)")
    }
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)"))
  func theLibraryOfAnotherBackendSaysSo() throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    #expect(
      message { _ = try KernelLibrary(.cuda, at: machine.path) }
        == "\(machine.path): has the \"cpu\" kernels, not the \"cuda\" ones — build them with: make cuda (needs no GPU; without nvcc, make cuda-check fetches one)"
    )
  }

  @Test(
    .enabled(
      if: fileExists("\(packageFolder)/.build/kernels/liblpk_cuda.so") && !fileExists("/dev/nvidiactl"),
      "only for a machine with CUDA kernels (scripts/cuda-check.sh) and without a GPU"))
  func aMachineWithoutAnNVIDIADriverSaysSo() throws {
    let library = try KernelLibrary(.cuda, at: "\(packageFolder)/.build/kernels/liblpk_cuda.so")
    let expected = InputError(
      .unavailable, file: "cuda kernels",
      "this machine has no NVIDIA driver, or one too old for CUDA 13.0 (CUDA driver version is insufficient for CUDA runtime version); install NVIDIA's driver for that version or a newer one"
    )
    #expect(throws: expected) { try library.deviceCount() }
    #expect(throws: expected) { try Kernels(library) }
  }

  @Test func librariesAreLookedForBesideTheProgramAndInTheBuildFolder() {
    let folders = KernelLibrary.searchedFolders()
    guard getenv("LPSIM_KERNEL_PATH") == nil else {
      #expect(folders.count == 1)
      return
    }
    #expect(folders.count >= 2)
    #expect(folders.last?.hasSuffix(".build/kernels") == true)
  }
}
