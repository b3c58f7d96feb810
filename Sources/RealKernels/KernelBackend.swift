/// Which machine kernels run on.
public enum KernelBackend: String, CaseIterable, Sendable {
  /// OpenBLAS and our own C, on the processors at hand.
  case cpu
  /// cuBLAS and our own CUDA, on one NVIDIA GPU.
  case cuda

  /// The file its kernels are built into.
  public var libraryName: String { "liblpk_\(rawValue).so" }

  /// What the kernels are called in sentences.
  var title: String {
    switch self {
    case .cpu: "CPU"
    case .cuda: "CUDA"
    }
  }

  /// How to make its library.
  var howToBuild: String {
    switch self {
    case .cpu:
      "build them with: make kernels (needs a C compiler, and OpenBLAS to run; on Debian: apt-get install libopenblas0)"
    case .cuda: "build them with: make cuda (needs no GPU; without nvcc, make cuda-check fetches one)"
    }
  }
}

/// What the elements of a kernel's buffer are.
public enum ElementType: Int32, CaseIterable, Sendable {
  /// 32-bit floating point.
  case float32 = 0
  /// The upper half of a 32-bit float.
  case bfloat16 = 1
  /// 32-bit integers: token ids, expert ids, positions.
  case int32 = 2

  /// Bytes of one element.
  public var byteCount: Int { self == .bfloat16 ? 2 : 4 }
}
