/// A request that was served, as a file keeps it.
public struct StoredRequest: Hashable, Sendable {
  /// Its number in the order of arrival.
  public let number: Int
  /// When it arrived, in milliseconds.
  public let arrival: Double
  /// When its last token came out, in milliseconds.
  public let finish: Double
  /// Tokens of its prompt.
  public let promptTokens: Int
  /// Tokens of its answer.
  public let outputTokens: Int
  /// The longest time between two of its tokens in milliseconds; nil where it has one.
  public let largestGap: Double?
}

/// An iteration as a file keeps it; times in milliseconds.
public struct StoredIteration: Hashable, Sendable {
  /// When it began.
  public let start: Double
  /// When it ended.
  public let end: Double
  /// Requests that decoded.
  public let decodes: Int
  /// KV blocks in use.
  public let usedBlocks: Int
}

extension ResultsFile {
  /// The distribution of a run's times: percentiles in milliseconds; none where the file does not have them.
  public func quantiles(of run: Run, _ metric: TimeMetric) throws -> [(percent: Double, milliseconds: Double)] {
    var quantiles: [(percent: Double, milliseconds: Double)] = []
    try forEachRow(
      "SELECT percent, ms FROM quantile WHERE run = ? AND metric = ? ORDER BY percent", [run.id, metric.rawValue]
    ) { quantiles.append(($0[0], $0[1])) }
    return quantiles
  }

  /// The requests that a run served; none where they were not recorded.
  public func requests(of run: Run) throws -> [StoredRequest] {
    var requests: [StoredRequest] = []
    try forEachRow(
      """
      SELECT id, arrival_ms, finish_ms, prompt_tokens, output_tokens, largest_gap_ms
      FROM request WHERE run = ? AND outcome = 'completed' ORDER BY id
      """, [run.id]
    ) {
      requests.append(
        StoredRequest(
          number: $0[0], arrival: $0[1], finish: $0[2], promptTokens: $0[3], outputTokens: $0[4], largestGap: $0[5]))
    }
    return requests
  }

  /// Shows the iterations of a run, replica by replica; none where they were not recorded.
  public func forEachIteration(of run: Run, _ body: (StoredIteration) throws -> Void) throws {
    try forEachRow(
      "SELECT start_ms, end_ms, decodes, used_blocks FROM iteration WHERE run = ? ORDER BY replica, idx", [run.id]
    ) { try body(StoredIteration(start: $0[0], end: $0[1], decodes: $0[2], usedBlocks: $0[3])) }
  }

  /// When the tokens of a request came out, in milliseconds; none where iterations were not recorded.
  public func tokenTimes(of request: StoredRequest, in run: Run) throws -> [Double] {
    var times: [Double] = []
    try forEachRow(
      """
      SELECT end_ms FROM emission JOIN iteration
        ON iteration.run = emission.run AND iteration.replica = emission.replica
          AND idx BETWEEN first_iteration AND last_iteration
      WHERE emission.run = ? AND request = ? ORDER BY end_ms
      """, [run.id, request.number]
    ) { times.append($0[0]) }
    return times
  }
}
