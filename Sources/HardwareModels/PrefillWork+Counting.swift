extension PrefillWork {
  /// Adds a request's new tokens to the work. Token i attends to i + 1 tokens, or to the window's if that is fewer.
  public mutating func add(_ tokens: Range<Int>, window: Int?) {
    guard !tokens.isEmpty else { return }
    let window = window ?? tokens.upperBound
    self.tokens += tokens.count
    requests += 1
    attendedPairs += Self.triangle(tokens.upperBound) - Self.triangle(tokens.lowerBound)
    cachedTokensRead += tokens.upperBound
    let growing = tokens.clamped(to: 0..<window)
    windowedPairs += Self.triangle(growing.upperBound) - Self.triangle(growing.lowerBound)
    windowedPairs += (tokens.count - growing.count) * window
    windowedTokensRead += tokens.upperBound - max(0, tokens.lowerBound + 1 - window)
  }

  /// 1 + 2 + … + count.
  private static func triangle(_ count: Int) -> Int { count * (count + 1) / 2 }

  /// The work of `tokens` new tokens of one request that has `past` tokens before them.
  public init(tokens: Int, past: Int, window: Int?) {
    self.init()
    add(past..<past + tokens, window: window)
  }
}

extension DecodeWork {
  /// One new token for each of so many requests, which attends to `context` tokens, itself included.
  public init(requests: Int, context: Int, window: Int?) {
    self.requests = requests
    contextTokens = requests * context
    windowedContextTokens = requests * min(context, window ?? context)
  }
}
