import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Experts of a layer spread whole over GPUs, as many on each: what the busiest GPU gets of a layer call.
///
/// E counts physical experts, copies and all. A GPU with m pairs and d distinct experts on average gets m + z sqrt(f m)
/// pairs and d + z sqrt(v) distinct ones, where z is standard normal, f = (E - k) / (E - 1) since a token takes k experts
/// once each, and v = sum of p (1 - p) over its experts' chances p to be touched. The largest over GPUs of both is taken in
/// expectation: over z alone where all experts are alike; otherwise over ``samples`` of z, and where chance places experts
/// of as many orders, because each layer has one of its own. The most pairs and the most experts count as one GPU's, which
/// bounds its time from above. Draws agree to a few per cent, but for single tokens, whose busiest GPU has up to a quarter
/// more.
struct ExpertSpread: Hashable, Sendable {
  /// Draws that an estimate is a mean over.
  static let samples = 128

  private let routing: ExpertRouting
  private let gpus: Int
  private let topK: Int
  /// Expected largest of as many standard normal variables as there are GPUs.
  private let largestNormal: Double
  /// Where experts stand, and with which z; empty where all are alike.
  let orders: [ExpertOrder]
  /// Expected other GPUs that a token goes to.
  let copiesPerToken: Double

  init(_ routing: ExpertRouting, topK: Int, over gpus: Int, _ placement: ExpertPlacement = .random) {
    precondition(gpus > 1 && routing.expertCount % gpus == 0, "each GPU holds as many experts")
    self.routing = routing
    self.gpus = gpus
    self.topK = topK
    let largestNormal = expectedLargestNormal(of: gpus)
    self.largestNormal = largestNormal
    copiesPerToken = expectedCopies(of: routing.expertCount, topK: topK, over: gpus)
    let isUniform = [routing.prompt, routing.decode].allSatisfy { $0.inclusion.min() == $0.inclusion.max() }
    guard !isUniform else {
      orders = []
      return
    }
    var random = SeededRandom(seed: 0, stream: "expert-placement")
    if let known = placement.arrangement(of: routing.loads, over: gpus) {
      let rows = ExpertOrder.deviations(Self.samples, of: gpus, largest: largestNormal, &random)
      orders = [ExpertOrder(known, routing, deviations: rows)]
    } else {
      orders = (0..<Self.samples).map { _ in ExpertOrder(routing, over: gpus, &random) }
    }
  }

  /// What the busiest GPU gets.
  struct Busiest {
    var pairs: Double
    var distinct: Double
  }

  /// What a GPU gets: means, and how far draws are from them.
  private struct Load {
    var pairs = 0.0
    var pairsDeviation = 0.0
    var distinct = 0.0
    var distinctDeviation = 0.0
  }

  /// Expected largest over GPUs of pairs of a token and an expert, and of distinct experts.
  func busiest(promptTokens: Int, decodeTokens: Int) -> Busiest {
    let (prompts, decodes) = (Double(promptTokens), Double(decodeTokens))
    let touched = routing.prompt.logMiss.indices.map { expert in
      -expm1(prompts * routing.prompt.logMiss[expert] + decodes * routing.decode.logMiss[expert])
    }
    guard !orders.isEmpty else {
      let held = Double(touched.count / gpus)
      let load = load(
        pairs: (prompts + decodes) * Double(topK) / Double(gpus), distinct: held * touched[0],
        variance: held * touched[0] * (1 - touched[0]))
      return most(of: load, largestNormal, tokens: prompts + decodes)
    }
    var sum = Busiest(pairs: 0, distinct: 0)
    var loads = Array(repeating: Load(), count: gpus)
    for order in orders {
      for gpu in 0..<gpus {
        let (known, variance) = order.touched(touched, on: gpu)
        let pairs = prompts * order.promptShares[gpu] + decodes * order.decodeShares[gpu]
        loads[gpu] = load(pairs: pairs, distinct: known, variance: variance)
      }
      for row in order.deviations {
        var busiest = Busiest(pairs: 0, distinct: 0)
        for gpu in 0..<gpus {
          let most = most(of: loads[gpu], row[gpu], tokens: prompts + decodes)
          busiest.pairs = max(busiest.pairs, most.pairs)
          busiest.distinct = max(busiest.distinct, most.distinct)
        }
        sum.pairs += busiest.pairs
        sum.distinct += busiest.distinct
      }
    }
    return Busiest(pairs: sum.pairs / Double(Self.samples), distinct: sum.distinct / Double(Self.samples))
  }

  private func load(pairs: Double, distinct: Double, variance: Double) -> Load {
    let experts = Double(routing.expertCount)
    let choice = experts > 1 ? (experts - Double(topK)) / (experts - 1) : 0
    return Load(
      pairs: pairs, pairsDeviation: (choice * pairs).squareRoot(), distinct: distinct,
      distinctDeviation: variance.squareRoot())
  }

  /// No GPU gets more than every token's k experts, as far as it holds them, and none touches more than it holds.
  private func most(of load: Load, _ deviation: Double, tokens: Double) -> Busiest {
    let held = routing.expertCount / gpus
    return Busiest(
      pairs: min(load.pairs + deviation * load.pairsDeviation, tokens * Double(min(topK, held))),
      distinct: min(load.distinct + deviation * load.distinctDeviation, Double(held)))
  }
}

/// Expected other GPUs that a token goes to: (G - 1) (1 - C(E - E/G, k) / C(E, k)), for experts alike, copies among them.
/// Popular experts together on a GPU would make it fewer.
private func expectedCopies(of experts: Int, topK: Int, over gpus: Int) -> Double {
  let here = experts / gpus
  let none = (0..<topK).reduce(1.0) { chance, taken in
    chance * Double(max(0, experts - here - taken)) / Double(experts - taken)
  }
  return Double(gpus - 1) * (1 - none)
}

/// The integral over x >= 0 of 1 - Phi(x)^n, less that of Phi(-x)^n.
private func expectedLargestNormal(of count: Int) -> Double {
  let step = 1.0 / 256
  return (0..<Int(9 / step)).reduce(0) { sum, index in
    let above = erfc((Double(index) + 0.5) * step / 2.0.squareRoot()) / 2
    return sum + step * (1 - pow(1 - above, Double(count)) - pow(above, Double(count)))
  }
}
