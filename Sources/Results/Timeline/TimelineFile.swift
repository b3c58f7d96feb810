/// A timeline in the making: one JSON object in the Trace Event Format, written piece by piece, so memory does not grow
/// with it.
///
/// A class, because the recorders of all policies write to it, one after the other.
public final class TimelineFile {
  private static let pieceSize = 1 << 16

  private let write: (Span<UInt8>) throws -> Void
  private var piece: [UInt8] = []
  private var isEmpty = true
  private var processes = 0
  /// How much has been written.
  public private(set) var byteCount = 0

  /// Begins a timeline.
  /// - Parameter write: takes its pieces.
  public init(_ write: @escaping (Span<UInt8>) throws -> Void) {
    self.write = write
    append("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")
  }

  /// Ends the JSON.
  public func finish() throws {
    append("\n]}\n")
    try flush()
  }

  /// Begins the events of another process, a policy's or a replica's; returns its number.
  func begin(_ name: String) throws -> Int {
    processes += 1
    for event in TimelineTrack.metadata(of: name, process: processes) { try add(event) }
    return processes
  }

  /// Adds an event, on a line of its own.
  func add(_ event: TraceEvent) throws {
    append(isEmpty ? "\n" : ",\n")
    append(event.json)
    isEmpty = false
    if piece.count >= Self.pieceSize { try flush() }
  }

  private func append(_ text: String) { piece.append(contentsOf: text.utf8) }

  private func flush() throws {
    let full = piece
    piece = []
    byteCount += full.count
    try write(full.span)
  }
}
