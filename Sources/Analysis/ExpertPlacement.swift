import Base
import HardwareModels

/// Which experts of a layer stand together on one GPU.
public enum ExpertPlacement: String, CaseIterable, Sendable {
  /// The most wanted on the first GPU, the next on the second.
  case byPopularity = "by popularity"
  /// The most wanted one on each GPU first, then the next to each, like cards.
  case dealt = "dealt out"
  /// Any on any: what a fixed placement by number is, since an expert's number says nothing of its popularity.
  case random = "at random"
}

extension ExpertPopularity {
  /// Gamma_acc: the largest expected load of a GPU over the mean one, its experts' inclusion probabilities added up. At
  /// random, the mean over drawn placements. Loads are expectations: what a finite batch adds by chance is left out.
  public func imbalance(over gpus: Int, _ placement: ExpertPlacement) -> Double {
    precondition(gpus > 0 && inclusion.count % gpus == 0, "every GPU has as many experts")
    let wanted = Array(inclusion.reversed())
    let each = wanted.count / gpus
    let mean = wanted.reduce(0, +) / Double(gpus)
    switch placement {
    case .byPopularity: return wanted.prefix(each).reduce(0, +) / mean
    case .dealt: return stride(from: 0, to: wanted.count, by: gpus).reduce(0) { $0 + wanted[$1] } / mean
    case .random: return each == 1 ? wanted[0] / mean : meanOfLargest(wanted, each) / mean
    }
  }
}

/// How many placements are drawn: the mean of the largest load is then known to about half a per cent.
private let placements = 1000

/// The mean over random placements of the load of the GPU with most, with so many experts on each.
private func meanOfLargest(_ loads: [Double], _ each: Int) -> Double {
  var loads = loads
  var stream = SeededRandom(seed: 0, stream: "expert-placement")
  var sum = 0.0
  for _ in 0..<placements {
    loads.shuffle(using: &stream)
    sum += stride(from: 0, to: loads.count, by: each).reduce(0) { max($0, loads[$1..<$1 + each].reduce(0, +)) }
  }
  return sum / Double(placements)
}
