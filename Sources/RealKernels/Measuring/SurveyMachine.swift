import Base
import CKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a survey ran on, and how: everything that a reader of its numbers must know.
public struct SurveyMachine: Hashable, Sendable {
  /// Which kernels.
  public var backend: KernelBackend
  /// The device as it calls itself.
  public var name: String
  /// Libraries, driver, compiler; OpenBLAS says which core it was made for.
  public var versions: String
  /// Threads of a CPU, multiprocessors of a GPU.
  public var processors: Int
  /// What stands between kernels.
  public var activationType: String
  /// Its memory.
  public var memory: Bytes
  /// Its last-level cache, where it says.
  public var lastLevelCache: Bytes?
  /// When, as the caller writes dates.
  public var date: String
  /// Where the random numbers come from.
  public var seed: UInt64
  /// Settings that change how libraries work, with their values; only those that were set.
  public var environment: [Setting]

  /// A variable of the environment.
  public struct Setting: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: String
  }

  /// The machine of these kernels.
  public init(_ kernels: Kernels, date: String, seed: UInt64) {
    let capabilities = kernels.capabilities
    backend = kernels.library.backend
    name = kernels.name
    versions = kernels.versions
    processors = capabilities.processors
    activationType = "\(capabilities.activationType)"
    memory = capabilities.memory
    lastLevelCache = capabilities.lastLevelCache
    self.date = date
    self.seed = seed
    environment = Self.watched.compactMap { name in
      getenv(name).map { Setting(name: name, value: String(cString: $0)) }
    }
  }

  private static let watched = [
    "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "LPSIM_OPENBLAS", "LPSIM_KERNEL_PATH",
    "CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE",
  ]

  /// The interface's version and those of the libraries.
  var engineVersion: String { "ABI \(LPK_ABI_VERSION) \(versions)" }

  /// The first columns of most tables: machine, engine, its version and the kernel. No cell has a comma in it.
  func columns(kernel: String) -> [String] {
    [name, "LPSIM-\(backend.rawValue.uppercased())", engineVersion, "lpk_\(backend.rawValue)_\(kernel)"].map(cell)
  }
}

/// A text as a cell of a table without quotes: commas and breaks give way.
func cell(_ text: String) -> String {
  String(text.map { $0 == "," ? ";" : $0.isNewline || $0 == "\"" ? " " : $0 })
}

extension KernelLibrary {
  /// Lets OpenBLAS choose the kernels for this machine's own core where the environment would force others on it
  /// (`OPENBLAS_CORETYPE`). It must come before the first library is opened, since OpenBLAS chooses once.
  /// - Returns: the core that was forced; nil if none was.
  @discardableResult public static func clearForcedCore() -> String? {
    guard let forced = getenv("OPENBLAS_CORETYPE") else { return nil }
    let core = String(cString: forced)
    unsetenv("OPENBLAS_CORETYPE")
    return core
  }
}
