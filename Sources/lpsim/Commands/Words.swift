import ArgumentParser
import Base

/// A set of words of which the user writes one. Parsed here and not by ArgumentParser, which does not know nearest words.
protocol WordSet: RawRepresentable<String>, CaseIterable {
  /// What one of them is called.
  static var noun: String { get }
}

extension WordSet {
  /// The one that the user wrote; any other word is an error that names the nearest one.
  init(written word: String, for argument: String = "") throws {
    guard let known = Self(rawValue: word) else {
      throw InputError.unknown(Self.noun, word, among: Self.words, status: .usage, file: argument)
    }
    self = known
  }

  /// All of them.
  static var words: [String] { allCases.map(\.rawValue) }
  /// All of them in a sentence.
  static var listed: String { words.joined(separator: ", ") }
  /// All of them for the shell to offer.
  static var completion: CompletionKind { .list(words) }
}
