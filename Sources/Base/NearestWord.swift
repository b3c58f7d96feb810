/// The known word that the user most likely meant: the smallest edit distance, at most a third of the word's length.
public func nearestWord(to word: String, among known: [String]) -> String? {
  let limit = max(1, word.count / 3)
  return
    known
    .map { (word: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
    .filter { $0.distance <= limit || $0.word.lowercased().hasPrefix(word.lowercased()) && word.count >= 3 }
    .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?
    .word
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (Damerau–Levenshtein,
/// restricted).
func editDistance(_ left: String, _ right: String) -> Int {
  let a = Array(left.utf8)
  let b = Array(right.utf8)
  var before = [Int]()
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
      row.append(best)
    }
    before = last
    last = row
  }
  return last[b.count]
}
