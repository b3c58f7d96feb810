import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Experts of a layer spread whole over GPUs, as many on each: what the busiest GPU gets of a layer call.
///
/// Where experts stand has nothing to do with how popular they are: every layer has a random order of its own, of which
/// each GPU holds a run; none is held twice. A GPU with m pairs and d distinct experts on average gets m + z sqrt(f m) pairs
/// and d + z sqrt(v) distinct ones, where z is standard normal, f = (E - k) / (E - 1) since a token takes k experts once
/// each, and v = sum of p (1 - p) over its experts' chances p to be touched. The largest over GPUs of both is taken in
/// expectation: over z alone where all experts are alike, otherwise over ``samples`` seeded orders with their z. The most
/// pairs and the most experts count as one GPU's, which bounds its time from above. Draws agree to a few per cent, but for
/// single tokens, whose busiest GPU has up to a quarter more.
struct ExpertSpread: Hashable, Sendable {
  /// Orders that an estimate is a mean over.
  static let samples = 128

  private let routing: ExpertRouting
  private let gpus: Int
  private let topK: Int
  /// Expected largest of as many standard normal variables as there are GPUs.
  private let largestNormal: Double
  private let orders: [Order]
  /// Expected other GPUs that a token goes to.
  let copiesPerToken: Double

  /// Where the experts of one layer stand: expert numbers GPU by GPU, each GPU's sums of inclusion, and its z.
  fileprivate struct Order: Hashable, Sendable {
    var experts: [Int]
    var promptShares: [Double]
    var decodeShares: [Double]
    var deviations: [Double]
  }

  init(_ routing: ExpertRouting, topK: Int, over gpus: Int) {
    precondition(gpus > 1 && routing.expertCount % gpus == 0, "each GPU holds as many experts")
    self.routing = routing
    self.gpus = gpus
    self.topK = topK
    largestNormal = expectedLargestNormal(of: gpus)
    copiesPerToken = expectedCopies(of: routing.expertCount, topK: topK, over: gpus)
    let isUniform = [routing.prompt, routing.decode].allSatisfy { $0.inclusion.first == $0.inclusion.last }
    var random = SeededRandom(seed: 0, stream: "expert-placement")
    orders = isUniform ? [] : (0..<Self.samples).map { _ in Order(routing, gpus, &random) }
  }

  /// What the busiest GPU gets.
  struct Busiest {
    var pairs: Double
    var distinct: Double
  }

  /// Expected largest over GPUs of pairs of a token and an expert, and of distinct experts.
  func busiest(promptTokens: Int, decodeTokens: Int) -> Busiest {
    let (prompts, decodes) = (Double(promptTokens), Double(decodeTokens))
    let touched = routing.prompt.logMiss.indices.map { expert in
      -expm1(prompts * routing.prompt.logMiss[expert] + decodes * routing.decode.logMiss[expert])
    }
    guard !orders.isEmpty else {
      let mean = (prompts + decodes) * Double(topK) / Double(gpus)
      let held = Double(touched.count / gpus)
      return Busiest(
        pairs: mostPairs(mean, prompts + decodes, largestNormal),
        distinct: distinct(held * touched[0], held * touched[0] * (1 - touched[0]), largestNormal))
    }
    var sum = Busiest(pairs: 0, distinct: 0)
    for order in orders {
      var most = Busiest(pairs: 0, distinct: 0)
      for gpu in 0..<gpus {
        let mean = prompts * order.promptShares[gpu] + decodes * order.decodeShares[gpu]
        most.pairs = max(most.pairs, mostPairs(mean, prompts + decodes, order.deviations[gpu]))
        let (known, variance) = order.touched(touched, on: gpu, of: gpus)
        most.distinct = max(most.distinct, distinct(known, variance, order.deviations[gpu]))
      }
      sum.pairs += most.pairs
      sum.distinct += most.distinct
    }
    return Busiest(pairs: sum.pairs / Double(Self.samples), distinct: sum.distinct / Double(Self.samples))
  }

  /// No GPU gets more than every token's k experts, as far as it holds them.
  private func mostPairs(_ mean: Double, _ tokens: Double, _ deviation: Double) -> Double {
    let experts = Double(routing.expertCount)
    let choice = experts > 1 ? (experts - Double(topK)) / (experts - 1) : 0
    let held = min(topK, routing.expertCount / gpus)
    return min(mean + deviation * (choice * mean).squareRoot(), tokens * Double(held))
  }

  /// No GPU touches more than it holds.
  private func distinct(_ mean: Double, _ variance: Double, _ deviation: Double) -> Double {
    min(mean + deviation * variance.squareRoot(), Double(routing.expertCount / gpus))
  }
}

extension ExpertSpread.Order {
  fileprivate init(_ routing: ExpertRouting, _ gpus: Int, _ random: inout SeededRandom) {
    var order = Array(0..<routing.expertCount)
    for index in order.indices.dropLast() {
      order.swapAt(index, index + Int(random.uniform() * Double(order.count - index)))
    }
    let held = order.count / gpus
    func shares(_ popularity: ExpertPopularity) -> [Double] {
      (0..<gpus).map { gpu in order[gpu * held..<(gpu + 1) * held].reduce(0) { $0 + popularity.inclusion[$1] } }
    }
    self.init(
      experts: order, promptShares: shares(routing.prompt), decodeShares: shares(routing.decode),
      deviations: (0..<gpus).map { _ in normalQuantile(max(random.uniform(), 0x1p-53)) })
  }

  /// Mean and variance of the experts that are touched on a GPU.
  fileprivate func touched(_ chances: [Double], on gpu: Int, of gpus: Int) -> (mean: Double, variance: Double) {
    let held = experts.count / gpus
    return experts[gpu * held..<(gpu + 1) * held].reduce(into: (0, 0)) { sums, expert in
      sums.0 += chances[expert]
      sums.1 += chances[expert] * (1 - chances[expert])
    }
  }
}

/// Expected other GPUs that a token goes to: (G - 1) (1 - C(E - E/G, k) / C(E, k)), for experts alike. Popular experts
/// together on a GPU would make it fewer.
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
