import Base
import CKernels

/// Memory of a device. A class because it owns that memory: the last one to let go frees it.
public final class KernelBuffer {
  /// What its elements are.
  public let type: ElementType
  /// How many there are.
  public let count: Int
  let kernels: Kernels
  let handle: OpaquePointer

  /// Memory for `count` elements, whatever was in it before.
  public init(_ kernels: Kernels, _ type: ElementType, count: Int) throws {
    self.kernels = kernels
    self.type = type
    self.count = count
    var made: OpaquePointer?
    try kernels.check(kernels.api.buffer_create(kernels.device, type.rawValue, Int64(count), &made))
    guard let made else { preconditionFailure("a kernel library gave no buffer and no error") }
    handle = made
  }

  deinit { kernels.api.buffer_destroy(handle) }

  /// All of it.
  public var all: KernelView { KernelView(buffer: self, offset: 0) }

  /// What stands from an element on.
  public func from(_ offset: Int) -> KernelView { KernelView(buffer: self, offset: offset) }

  /// What it takes on the device.
  public var size: Bytes { Bytes(count * type.byteCount) }
}

/// The elements of a buffer from an offset on. How many are meant follows from the operation.
public struct KernelView {
  /// The buffer.
  public var buffer: KernelBuffer
  /// The first element.
  public var offset: Int

  var raw: lpk_view { lpk_view(buffer: buffer.handle, offset: Int64(offset)) }
}

extension KernelBuffer {
  /// Memory that holds these numbers, rounded to its type.
  public convenience init(_ kernels: Kernels, _ type: ElementType, _ values: [Float]) throws {
    try self.init(kernels, type, count: values.count)
    try upload(values)
  }

  /// Memory that holds these integers.
  public convenience init(_ kernels: Kernels, _ values: [Int32]) throws {
    try self.init(kernels, .int32, count: values.count)
    try uploadIntegers(values)
  }

  /// Memory of uniform random numbers in -scale ..< scale, the same for a seed on every backend before rounding.
  public convenience init(_ kernels: Kernels, _ type: ElementType, count: Int, seed: UInt64, scale: Float) throws {
    try self.init(kernels, type, count: count)
    try fillRandomly(seed: seed, scale: scale)
  }

  /// Uniform random numbers in -scale ..< scale in place of what was there.
  public func fillRandomly(seed: UInt64, scale: Float) throws {
    try kernels.check(kernels.api.fill_random(all.raw, Int64(count), seed, scale))
  }

  /// NaNs (-1 in a buffer of integers) in place of what was there: whatever still is one afterwards was not written.
  public func poison() throws { try kernels.check(kernels.api.fill_poison(all.raw, Int64(count))) }

  /// These numbers from an element on, rounded to the buffer's type.
  public func upload(_ values: [Float], at offset: Int = 0) throws {
    try kernels.check(kernels.api.upload(from(offset).raw, Int64(values.count), values))
  }

  /// These integers from an element on.
  public func uploadIntegers(_ values: [Int32], at offset: Int = 0) throws {
    try kernels.check(kernels.api.upload_integers(from(offset).raw, Int64(values.count), values))
  }

  /// The numbers in a range, everything by default, once all that was asked for before is done.
  public func download(_ range: Range<Int>? = nil) throws -> [Float] {
    let range = range ?? 0..<count
    return try [Float](unsafeUninitializedCapacity: range.count) { memory, initialized in
      if let base = memory.baseAddress {
        try kernels.check(kernels.api.download(from(range.lowerBound).raw, Int64(range.count), base))
      }
      initialized = range.count
    }
  }

  /// The integers in a range, everything by default, once all that was asked for before is done.
  public func downloadIntegers(_ range: Range<Int>? = nil) throws -> [Int32] {
    let range = range ?? 0..<count
    return try [Int32](unsafeUninitializedCapacity: range.count) { memory, initialized in
      if let base = memory.baseAddress {
        try kernels.check(kernels.api.download_integers(from(range.lowerBound).raw, Int64(range.count), base))
      }
      initialized = range.count
    }
  }
}
