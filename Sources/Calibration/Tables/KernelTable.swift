import Base
import HardwareModels

/// A file of measured kernels: a header that says which kernels, and rows that know their lines.
public struct KernelTable: Sendable {
  /// What a header can say.
  enum Schema: String, CaseIterable {
    case moe, gemm, latent, attention, collectives
    /// Layers of a profiled model, by tokens or by sequences; its routed experts, by how many are activated; its
    /// attention, of prompts and decodes together. The model's own counting says what they do.
    case layers, emission, activation, mixture
    /// What the machine can do at best.
    case ceilings
    /// Single times, or energies: nothing is fitted to them.
    case notes

    /// The columns such a file has; more are allowed.
    var columns: [String] {
      switch self {
      case .moe:
        [
          "gpu", "engine", "dtype", "model", "hidden", "inter", "experts", "topk", "tp", "ep", "distribution", "tokens",
          "latency_us",
        ]
      case .gemm: ["gpu", "engine", "dtype", "m", "n", "k", "latency_us"]
      case .attention:
        [
          "gpu", "engine", "attn_dtype", "kv_cache_dtype", "batch_size", "isl", "step", "num_heads",
          "num_key_value_heads", "head_dim", "window_size", "latency_us",
        ]
      case .latent:
        [
          "gpu", "engine", "kernel", "mla_dtype", "kv_cache_dtype", "num_heads", "batch_size", "isl", "step",
          "latency_us",
        ]
      case .collectives: ["gpu", "engine", "impl", "op", "dtype", "num_gpus", "bytes", "latency_us"]
      case .layers: ["layer", "tokens", "time_us"]
      case .emission: ["layer", "sequences", "time_us"]
      case .activation: ["tokens", "activated_experts", "time_us"]
      case .mixture: ["prefill_chunk", "kv_prefill", "n_decode", "kv_decode", "time_us"]
      case .ceilings: ["quantity", "value", "unit"]
      case .notes: ["what"]
      }
    }

    /// The column that only such a file has.
    private var mark: String {
      switch self {
      case .moe: "experts"
      case .gemm: "k"
      case .latent: "mla_dtype"
      case .attention: "num_heads"
      case .collectives: "num_gpus"
      case .layers: "layer"
      case .emission: "sequences"
      case .activation: "activated_experts"
      case .mixture: "prefill_chunk"
      case .ceilings: "quantity"
      case .notes: "what"
      }
    }

    /// Whether its rows are kernels of a GPU.
    var hasKernels: Bool { self != .ceilings && self != .notes }

    /// Whether it is about layers of one model that no column names.
    var isOfLayers: Bool { time == "time_us" }

    /// The column of measured microseconds.
    var time: String { columns.contains("time_us") ? "time_us" : "latency_us" }

    /// The schema of a header; nil if it is none.
    static func of(_ header: [String]) -> Schema? {
      (header.contains("sequences") ? [emission] : allCases).first { header.contains($0.mark) }
    }
  }

  /// One row with the table it stands in.
  struct Row {
    let table: KernelTable
    let line: Int
    let fields: [Substring]
  }

  /// The path it was read from.
  public let file: String
  let schema: Schema
  /// The model whose layers these are; nil where the rows name it or none.
  let profiled: ProfiledModel?
  let header: [String]
  private(set) var rows: [(line: Int, fields: [Substring])] = []

  /// Reads a CSV file without quotes. A table of a model's layers lies in a folder `MODEL/tpN`.
  /// - Parameter model: the model that a folder is called after.
  public init(contentsOf file: String, model: (String) throws -> Model) throws {
    try self.init(parsing: readTextFile(file), file: file, model: model)
  }

  /// Reads the text of a CSV file.
  public init(parsing text: String, file: String, model: (String) throws -> Model) throws {
    self.file = file
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().makeIterator()
    guard let first = lines.next(), !first.element.isEmpty else {
      throw InputError(.data, file: file, "the file is empty; expected a header and measured kernels")
    }
    header = first.element.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard let schema = Schema.of(header) else {
      let known = Schema.allCases.map { "\($0.rawValue) (\($0.columns.joined(separator: ",")))" }
      throw InputError(
        .data, file: file, place: "line 1", "the header is that of no known table",
        hint: "known: \(known.joined(separator: "; "))")
    }
    self.schema = schema
    profiled = schema.isOfLayers ? try ProfiledModel(of: file, model: model) : nil
    for column in schema.columns where !header.contains(column) {
      let hint = nearestWord(to: column, among: header).map { "is \"\($0)\" meant to be it?" } ?? ""
      throw InputError(
        .data, file: file, place: "line 1", "the column \"\(column)\" is missing from this \(schema.rawValue) table",
        hint: hint)
    }
    while let (index, line) = lines.next() {
      guard !line.isEmpty else { continue }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == header.count else {
        throw InputError(
          .data, file: file, place: "line \(index + 1)", "\(fields.count) fields; the header has \(header.count)")
      }
      rows.append((index + 1, fields))
    }
    guard !rows.isEmpty else { throw InputError(.data, file: file, "no row follows the header") }
  }

  /// Every row.
  var all: [Row] { rows.map { Row(table: self, line: $0.line, fields: $0.fields) } }
}

extension KernelTable.Row {
  /// The text in a column; nil if the table has no such column.
  subscript(column: String) -> String? {
    if let index = table.header.firstIndex(of: column) { return String(fields[index]) }
    guard let profiled = table.profiled else { return nil }
    return column == "model" ? profiled.name : column == "tp" ? "\(profiled.tensorParallel)" : nil
  }

  /// The text in a column that the schema demands.
  func text(_ column: String) -> String {
    guard let text = self[column] else { preconditionFailure("the header was checked for \(column)") }
    return text
  }

  /// A finite number in a column, within bounds.
  func number(_ column: String, in range: ClosedRange<Double> = 0...1e15) throws -> Double {
    let found = text(column)
    guard let number = Double(found), number.isFinite else { throw error(column, "\"\(found)\" is not a number") }
    guard range.contains(number) else {
      throw error(column, "\(found) is out of range; expected \(range.lowerBound)…\(range.upperBound)")
    }
    return number
  }

  /// A whole number in a column, from a smallest one up.
  func count(_ column: String, from least: Int = 1) throws -> Int {
    let number = try number(column)
    guard let count = Int(exactly: number) else { throw error(column, "\"\(text(column))\" is not a whole number") }
    guard count >= least else { throw error(column, "\(count) is out of range; expected \(least) or more") }
    return count
  }

  /// A measured time above zero, in seconds.
  func seconds() throws -> Double {
    let column = table.schema.time
    let microseconds = try number(column)
    guard microseconds > 0 else { throw error(column, "\(text(column)) is no time that a kernel takes") }
    return microseconds * 1e-6
  }

  /// A complaint about a column of this row.
  func error(_ column: String, _ problem: String) -> InputError {
    InputError(.data, file: table.file, place: "line \(line), column \(column)", problem)
  }
}
