extension ExpertRouting {
  /// The part of all tokens that each expert gets, if prompt and decoded tokens are as many: one placement serves both, and
  /// a balancer that counts a server's tokens sees a mixture that is not known before.
  var loads: [Double] { zip(prompt.inclusion, decode.inclusion).map { ($0 + $1) / 2 } }

  /// Tokens over *physical experts*: each expert, and so many copies in all, one after the other of the expert with the
  /// greatest load a copy (replicate_experts of DeepSeek's EPLB). A token goes to any copy of its expert, so each of c has
  /// q / c. They stand in the order of their loads.
  func withCopies(_ redundant: Int) -> ExpertRouting {
    guard redundant > 0 else { return self }
    let loads = loads
    var copies = loads.map { _ in 1.0 }
    for _ in 0..<redundant {
      guard let most = loads.indices.max(by: { loads[$0] / copies[$0] < loads[$1] / copies[$1] }) else {
        preconditionFailure("a layer has experts")
      }
      copies[most] += 1
    }
    let physical = loads.indices.sorted { loads[$0] / copies[$0] < loads[$1] / copies[$1] }
      .flatMap { repeatElement($0, count: Int(copies[$0])) }
    func shared(_ popularity: ExpertPopularity) -> ExpertPopularity {
      ExpertPopularity(inclusion: physical.map { popularity.inclusion[$0] / copies[$0] })
    }
    return ExpertRouting(prompt: shared(prompt), decode: shared(decode))
  }
}
