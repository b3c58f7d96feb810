/// Which experts of a layer stand together on a GPU, as many on each.
public enum ExpertPlacement: String, CaseIterable, Sendable {
  /// Any on any: what a placement by number is, since an expert's number says nothing of its popularity.
  case random
  /// The most wanted first, each onto the GPU with the least load that has room: balanced_packing of DeepSeek's EPLB.
  case balanced
  /// The most wanted one on each GPU first, then the next to each, like cards.
  case dealt
  /// The most wanted on the first GPU, the next on the second: nothing is worse.
  case stacked

  /// Numbers of experts with these loads, GPU by GPU; nil where chance places them.
  public func arrangement(of loads: [Double], over gpus: Int) -> [Int]? {
    precondition(gpus > 0 && loads.count % gpus == 0, "every GPU has as many experts")
    let wanted = loads.indices.sorted { (loads[$1], $0) < (loads[$0], $1) }
    switch self {
    case .random: return nil
    case .balanced: return packed(wanted, loads, over: gpus)
    case .dealt: return (0..<gpus).flatMap { gpu in stride(from: gpu, to: wanted.count, by: gpus).map { wanted[$0] } }
    case .stacked: return wanted
    }
  }

  private func packed(_ wanted: [Int], _ loads: [Double], over gpus: Int) -> [Int] {
    var held = Array(repeating: [Int](), count: gpus)
    var sums = Array(repeating: 0.0, count: gpus)
    for expert in wanted {
      let roomy = held.indices.filter { held[$0].count < loads.count / gpus }
      guard let least = roomy.min(by: { sums[$0] < sums[$1] }) else { preconditionFailure("as many places as experts") }
      held[least].append(expert)
      sums[least] += loads[expert]
    }
    return held.flatMap(\.self)
  }
}
