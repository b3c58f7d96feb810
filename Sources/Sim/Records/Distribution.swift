import Base

/// How lengths of time are distributed, in memory that does not grow with their number.
///
/// A histogram whose bins are 1/2048 of their octave wide and keep their mean, so an order statistic is exact where its
/// bin holds one value and within 0.05 % otherwise. Percentiles interpolate linearly between order statistics, as NumPy
/// does. Min, max, count and mean are exact.
public struct Distribution: Sendable {
  private static let octaveBits = 11
  private static let binsPerOctave = 1 << octaveBits

  private struct Bin {
    var count = 0
    var sum = 0.0

    mutating func add(_ total: Double, weight: Int) {
      count += weight
      sum += total
    }
  }

  /// How many lengths were added.
  public private(set) var count = 0
  /// The shortest; zero without any.
  public private(set) var min = SimDuration.zero
  /// The longest; zero without any.
  public private(set) var max = SimDuration.zero
  private var sum = 0.0
  /// The bins of all octaves in which something lies, one octave after the other as they came to be needed.
  private var bins = ContiguousArray<Bin>()
  /// Where the bins of each octave begin; nil where it holds nothing.
  private var firstBins = ContiguousArray<Int?>(repeating: nil, count: 64 - octaveBits + 1)

  /// Nothing added yet.
  public init() {}

  /// Adds a length, `weight` times.
  public mutating func add(_ length: SimDuration, weight: Int = 1) {
    precondition(length >= .zero, "a length of time below zero")
    guard weight > 0 else { return }
    if count == 0 || length < min { min = length }
    if count == 0 || length > max { max = length }
    let total = Double(length.nanoseconds) * Double(weight)
    count += weight
    sum += total
    let (octave, bin) = Self.place(length.nanoseconds)
    bins[(firstBins[octave] ?? open(octave)) + bin].add(total, weight: weight)
  }

  /// Makes room for an octave and returns where its bins begin.
  private mutating func open(_ octave: Int) -> Int {
    firstBins[octave] = bins.count
    bins += ContiguousArray(repeating: Bin(), count: Self.binsPerOctave)
    return bins.count - Self.binsPerOctave
  }

  /// The bins of an octave; none where it holds nothing.
  private func bins(of octave: Int) -> ContiguousArray<Bin>.SubSequence {
    firstBins[octave].map { bins[$0..<$0 + Self.binsPerOctave] } ?? []
  }

  private static func place(_ nanoseconds: Int64) -> (octave: Int, bin: Int) {
    let value = UInt64(nanoseconds)
    guard value >= UInt64(binsPerOctave) else { return (0, Int(value)) }
    let shift = 63 - value.leadingZeroBitCount - octaveBits
    return (shift + 1, Int(value >> UInt64(shift)) - binsPerOctave)
  }

  /// The mean; nil without any.
  public var mean: Seconds? { count == 0 ? nil : Seconds(sum / Double(count) / 1e9) }

  /// The percentile `p` in 0...100; nil without any.
  public func percentile(_ p: Double) -> Seconds? {
    guard count > 0 else { return nil }
    precondition((0...100).contains(p), "a percentile lies between 0 and 100")
    let rank = p / 100 * Double(count - 1)
    let lower = Int(rank)
    let low = orderStatistic(lower)
    guard rank > Double(lower) else { return Seconds(low / 1e9) }
    return Seconds((low + (orderStatistic(lower + 1) - low) * (rank - Double(lower))) / 1e9)
  }

  /// The share of lengths that are at most `limit`, exact to the bin; nil without any.
  public func share(atMost limit: SimDuration) -> Double? {
    guard count > 0 else { return nil }
    let (octave, bin) = Self.place(limit.nanoseconds)
    let below = (0..<octave).flatMap { bins(of: $0) } + bins(of: octave).prefix(bin + 1)
    return Double(below.reduce(0) { $0 + $1.count }) / Double(count)
  }

  private func orderStatistic(_ index: Int) -> Double {
    if index == 0 { return Double(min.nanoseconds) }
    if index == count - 1 { return Double(max.nanoseconds) }
    var remaining = index
    for octave in firstBins.indices {
      for bin in bins(of: octave) where bin.count > 0 {
        if remaining < bin.count { return bin.sum / Double(bin.count) }
        remaining -= bin.count
      }
    }
    return Double(max.nanoseconds)
  }
}
