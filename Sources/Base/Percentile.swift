/// The percentile of sorted values, at least one, interpolated linearly between neighbours as NumPy does (Hyndman and Fan's
/// type 7).
public func percentile(_ p: Double, of sorted: [Double]) -> Double {
  precondition(!sorted.isEmpty, "a percentile is of something")
  let rank = p / 100 * Double(sorted.count - 1)
  let lower = Int(rank)
  guard lower + 1 < sorted.count else { return sorted[sorted.count - 1] }
  return sorted[lower] + (sorted[lower + 1] - sorted[lower]) * (rank - Double(lower))
}
