import Base
import HardwareModels

extension ExpertPopularity {
  /// Gamma_acc: the largest expected load of a GPU over the mean one, its experts' inclusion probabilities added up. At
  /// random, the mean over drawn placements. Loads are expectations: what a finite batch adds by chance is left out.
  public func imbalance(over gpus: Int, _ placement: ExpertPlacement) -> Double {
    let wanted = Array(inclusion.reversed())
    let each = wanted.count / gpus
    let mean = wanted.reduce(0, +) / Double(gpus)
    if let arrangement = placement.arrangement(of: wanted, over: gpus) {
      return largest(arrangement.map { wanted[$0] }, each) / mean
    }
    return each == 1 ? wanted[0] / mean : meanOfLargest(wanted, each) / mean
  }
}

/// The load of the GPU with most, with so many experts on each.
private func largest(_ loads: [Double], _ each: Int) -> Double {
  stride(from: 0, to: loads.count, by: each).reduce(0) { max($0, loads[$1..<$1 + each].reduce(0, +)) }
}

/// How many placements are drawn: the mean of the largest load is then known to about half a per cent.
private let placements = 1000

/// The same on average over random placements.
private func meanOfLargest(_ loads: [Double], _ each: Int) -> Double {
  var loads = loads
  var stream = SeededRandom(seed: 0, stream: "expert-placement")
  var sum = 0.0
  for _ in 0..<placements {
    loads.shuffle(using: &stream)
    sum += largest(loads, each)
  }
  return sum / Double(placements)
}
