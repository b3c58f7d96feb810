import Base
import HardwareModels

/// What a machine can do at best, as a survey measured it.
public struct Ceilings: Hashable, Sendable {
  /// Memory that is read.
  public var bandwidth: BytesPerSecond
  /// A large matrix product of BF16 weights.
  public var arithmetic: FlopsPerSecond
  /// Memory there is.
  public var memory: Bytes

  /// The ceilings in the one of these tables that has them; nil if none has.
  public init?(in tables: [KernelTable]) throws {
    guard let table = tables.first(where: { $0.schema == .ceilings }) else { return nil }
    func value(_ quantity: String) throws -> Double {
      guard let row = table.all.first(where: { $0.text("quantity") == quantity }) else {
        throw InputError(.data, file: table.file, "no row has the quantity \(quantity)")
      }
      return try row.number("value", in: .leastNonzeroMagnitude...1e18)
    }
    bandwidth = BytesPerSecond(try value("read_bandwidth"))
    arithmetic = FlopsPerSecond(try value("gemm_throughput"))
    memory = Bytes(try value("memory"))
  }

  /// A data sheet of the machine, as a file of `configs/gpus`. Nobody has metered its power; it has no link.
  public func dataSheet(of machine: String) -> ConfigNode {
    let source = "Measured by lpsim calibrate: "
    let sources = [
      ("peakFlopsPerSecond", source + "a large square product; weights in bf16"),
      ("memoryBandwidthBytesPerSecond", source + "a sum of many weights"),
      ("memoryBytes", "What the machine says it has"),
      ("linkBandwidthBytesPerSecond", "No link was measured"),
      ("power", "No power was metered"),
    ]
    return object([
      ("name", .string(machine)),
      ("peakFlopsPerSecond", object([("bf16", .number(rounded(arithmetic.value)))]).value),
      ("memoryBandwidthBytesPerSecond", .number(rounded(bandwidth.value))), ("memoryBytes", .number(memory.value)),
      ("linkBandwidthBytesPerSecond", .null), ("power", .null),
      ("sources", object(sources.map { ($0.0, .string($0.1)) }).value),
    ])
  }
}
