import Base

/// A format a trace can be converted to.
public protocol WritableTraceFormat: TraceFormat {
  /// What arrivals are rounded to in it.
  static var arrivalResolution: SimDuration { get }

  /// Adds the first line, if the format has a header.
  static func appendHeader(to bytes: inout [UInt8])

  /// Adds a request's line.
  static func append(_ request: TraceRequest, to bytes: inout [UInt8])
}

/// Every format a trace can be converted to.
public let writableTraceFormats: [any WritableTraceFormat.Type] = [LpsimCSV.self, VidurCSV.self, MooncakeJSONL.self]

/// The format of a name that a trace can be converted to.
public func writableTraceFormat(named name: String) throws -> any WritableTraceFormat.Type {
  guard let format = writableTraceFormats.first(where: { $0.name == name }) else {
    throw InputError.unknown(
      "trace format to write", name, among: writableTraceFormats.map { $0.name }, status: .usage)
  }
  return format
}

/// Writes a source's requests in a format, piece by piece; how many there were.
@discardableResult
public func writeTrace(
  _ source: consuming some RequestSource, as format: any WritableTraceFormat.Type,
  to write: (Span<UInt8>) throws -> Void
) throws -> Int {
  let pieceSize = 1 << 16
  var bytes = [UInt8]()
  var count = 0
  format.appendHeader(to: &bytes)
  while let request = try source.next() {
    format.append(request, to: &bytes)
    count += 1
    guard bytes.count >= pieceSize else { continue }
    try write(bytes.span)
    bytes.removeAll(keepingCapacity: true)
  }
  try write(bytes.span)
  return count
}

extension LpsimCSV: WritableTraceFormat {
  /// Nothing is lost.
  public static var arrivalResolution: SimDuration { SimDuration(nanoseconds: 1) }

  /// Adds `arrival_ms,prompt_tokens,output_tokens`.
  public static func appendHeader(to bytes: inout [UInt8]) { bytes += Array("\(words.joined(separator: ","))\n".utf8) }

  /// Adds a request's line.
  public static func append(_ request: TraceRequest, to bytes: inout [UInt8]) {
    appendDecimal(request.arrival.nanoseconds, fractionDigits: 6, to: &bytes)
    bytes += Array(",\(request.promptTokens),\(request.outputTokens)\n".utf8)
  }
}

extension VidurCSV: WritableTraceFormat {
  /// Nothing is lost.
  public static var arrivalResolution: SimDuration { SimDuration(nanoseconds: 1) }

  /// Adds `arrived_at,num_prefill_tokens,num_decode_tokens`.
  public static func appendHeader(to bytes: inout [UInt8]) { bytes += Array("\(words.joined(separator: ","))\n".utf8) }

  /// Adds a request's line.
  public static func append(_ request: TraceRequest, to bytes: inout [UInt8]) {
    appendDecimal(request.arrival.nanoseconds, fractionDigits: 9, to: &bytes)
    bytes += Array(",\(request.promptTokens),\(request.outputTokens)\n".utf8)
  }
}

extension MooncakeJSONL: WritableTraceFormat {
  /// Its readers expect whole milliseconds.
  public static var arrivalResolution: SimDuration { SimDuration(nanoseconds: 1_000_000) }

  /// It has no header.
  public static func appendHeader(to bytes: inout [UInt8]) {}

  /// Adds a request's line.
  public static func append(_ request: TraceRequest, to bytes: inout [UInt8]) {
    let milliseconds = (request.arrival.nanoseconds + 500_000) / 1_000_000
    let line =
      "{\"timestamp\": \(milliseconds), \"input_length\": \(request.promptTokens), "
      + "\"output_length\": \(request.outputTokens), \"hash_ids\": \(request.prefixIDs)}\n"
    bytes += Array(line.utf8)
  }
}

/// Adds a number of nanoseconds as a decimal with so many digits behind the point, without needless zeros.
private func appendDecimal(_ nanoseconds: Int64, fractionDigits: Int, to bytes: inout [UInt8]) {
  let digits = Array(String(nanoseconds).utf8)
  let whole = max(0, digits.count - fractionDigits)
  bytes += whole == 0 ? [UInt8(ascii: "0")] : digits[..<whole]
  var fraction = [UInt8](repeating: UInt8(ascii: "0"), count: max(0, fractionDigits - digits.count)) + digits[whole...]
  while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
  guard !fraction.isEmpty else { return }
  bytes.append(UInt8(ascii: "."))
  bytes += fraction
}
