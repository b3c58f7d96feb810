extension ConfigNode {
  /// One of the words of an enumeration; any other is an error that names the nearest.
  /// - Parameter noun: what the word is one of, for the message.
  public func word<Word: RawRepresentable<String> & CaseIterable>(_ noun: String) throws -> Word {
    let text = try string()
    if let word = Word(rawValue: text) { return word }
    throw error(unknown: noun, text, among: Word.allCases.map(\.rawValue))
  }
}
