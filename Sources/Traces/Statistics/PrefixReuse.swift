/// How much of its prompts a trace lets a cache of any size find again: the best that prefix caching can do.
public struct PrefixReuse: Sendable {
  private var seen: Set<Int> = []
  private var promptTokens = 0
  /// Prompt tokens that some earlier request had at the same place, behind the same tokens; only whole blocks count, and
  /// never all of a prompt, because its last token must be computed.
  public private(set) var repeatedTokens = 0

  /// Nothing has come yet.
  public init() {}

  /// The next request.
  public mutating func add(_ request: TraceRequest) {
    let tokensPerBlock = TraceRequest.tokensPerPrefixID
    let findable = request.prefixIDs.prefix((request.promptTokens - 1) / tokensPerBlock)
    repeatedTokens += tokensPerBlock * findable.prefix { seen.contains($0) }.count
    seen.formUnion(request.prefixIDs.prefix(request.promptTokens / tokensPerBlock))
    promptTokens += request.promptTokens
  }

  /// Repeated tokens in per cent of all prompt tokens; nil where the trace does not say what prompts share.
  public var percentage: Double? {
    seen.isEmpty ? nil : 100 * Double(repeatedTokens) / Double(promptTokens)
  }
}
