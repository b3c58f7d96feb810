import Base
import CKernels

/// A device whose kernels can be run. A class because it owns the device: the last one to let go closes it. Used by one
/// thread at a time.
public final class Kernels {
  /// Where the kernels come from.
  public let library: KernelLibrary
  /// What the device can do.
  public let capabilities: KernelCapabilities
  let device: OpaquePointer

  /// Opens a device. `threads` is for CPUs: how many work, nil for every processor that this process may use.
  public init(_ library: KernelLibrary, ordinal: Int = 0, threads: Int? = nil) throws {
    self.library = library
    var opened: OpaquePointer?
    let status = library.api.pointee.open(Int32(ordinal), Int32(threads ?? 0), &opened)
    guard status == LPK_OK.rawValue, let opened else { throw library.error(status) }
    device = opened
    var found = lpk_capabilities()
    let known = library.api.pointee.capabilities(opened, &found)
    guard known == LPK_OK.rawValue else { throw library.error(known) }
    capabilities = KernelCapabilities(found)
  }

  deinit { api.close(device) }

  var api: lpk_api { library.api.pointee }

  /// What the machine calls the device.
  public var name: String { String(cString: api.device_name(device)) }
  /// Versions of driver, libraries and compiler, for the record.
  public var versions: String { String(cString: api.versions(device)) }

  /// Waits until everything asked for so far is done, and throws what went wrong in it.
  public func synchronize() throws { try check(api.synchronize(device)) }

  /// The mean power over a time in which nothing runs. Unavailable where energy is not measured.
  public func idlePower(over time: Seconds) throws -> Watts {
    var watts = 0.0
    try check(api.idle_power(device, time.value, &watts))
    return Watts(watts)
  }

  func check(_ status: Int32) throws {
    guard status == LPK_OK.rawValue else { throw library.error(status) }
  }
}

extension KernelLibrary {
  /// Devices of this backend on this machine.
  public func deviceCount() throws -> Int {
    var count: Int32 = 0
    let status = api.pointee.device_count(&count)
    guard status == LPK_OK.rawValue else { throw error(status) }
    return Int(count)
  }

  /// The library's own sentence about its last failure. Broken rules of the interface and refusals of the device are
  /// faults of the program; everything else is something that this machine lacks.
  func error(_ status: Int32) -> InputError {
    let sentence = String(cString: api.pointee.last_error())
    let isFault = status == LPK_INVALID_ARGUMENT.rawValue || status == LPK_FAILED.rawValue
    return InputError(isFault ? .software : .unavailable, file: "\(backend.rawValue) kernels", sentence)
  }
}

/// What a device can do.
public struct KernelCapabilities: Hashable, Sendable {
  /// Its memory.
  public var memory: Bytes
  /// Its last-level cache; nil where the machine does not say.
  public var lastLevelCache: Bytes?
  /// Threads of a CPU, multiprocessors of a GPU.
  public var processors: Int
  /// What stands between its kernels.
  public var activationType: ElementType
  /// What its weights may be.
  public var weightTypes: [ElementType]
  /// What keys and values may be in its cache.
  public var cacheTypes: [ElementType]
  /// Whether joules can be measured.
  public var readsEnergy: Bool
  /// Whether a program of many small launches is replayed as one.
  public var replaysGraphs: Bool

  init(_ found: lpk_capabilities) {
    memory = Bytes(Int(found.memory_bytes))
    lastLevelCache = found.last_level_cache_bytes > 0 ? Bytes(Int(found.last_level_cache_bytes)) : nil
    processors = Int(found.processors)
    guard let activation = ElementType(rawValue: found.activation_dtype) else {
      preconditionFailure("a kernel library has activations of no known type")
    }
    activationType = activation
    weightTypes = ElementType.allCases.filter { found.weight_dtypes >> $0.rawValue & 1 == 1 }
    cacheTypes = ElementType.allCases.filter { found.cache_dtypes >> $0.rawValue & 1 == 1 }
    readsEnergy = found.reads_energy != 0
    replaysGraphs = found.replays_graphs != 0
  }
}
