import Base
import HardwareModels

/// Requests between their first token and the rank that decodes the others.
struct Movers {
  /// A request that is between two ranks.
  struct Move {
    var request: ActiveRequest
    let sender: Int
    /// Its slot at the sender, which holds its blocks.
    let slot: Int
    let receiver: Int
  }

  /// The ranks that decode.
  var pool: RoutedPool
  /// Those on their way.
  var moves = SlotTable<Move>()
  /// When each link of the sending replicas has sent all that it was given.
  var linkIsFree: [SimTime]
  let link: CacheLink
  let bytesPerToken: Bytes

  /// Nobody moves.
  init(_ handover: Handover, from server: Simulation.Server) {
    let random = SeededRandom(seed: server.seed, stream: "decode router")
    pool = RoutedPool(
      from: server.pool.schedulerCount, count: handover.pool.schedulerCount, router: server.router.init(random: random))
    linkIsFree = [SimTime](repeating: .zero, count: server.pool.replicaCount * server.pool.ranks)
    link = handover.link
    bytesPerToken = handover.bytesPerToken
  }

  /// What moves with a request.
  func bytes(of request: ActiveRequest) -> Bytes { bytesPerToken * Double(request.promptTokens) }

  /// Gives a request to a link; returns when it arrives.
  mutating func send(_ move: Int, on number: Int, at now: SimTime) throws -> SimTime {
    let start = max(now, linkIsFree[number])
    let time = link.duration(of: bytes(of: moves[move].request))
    linkIsFree[number] = try start.after(time, of: "moving keys and values")
    return linkIsFree[number]
  }
}

/// A request's way to the rank that decodes it: the router names it when the first token is out; it gives blocks to
/// those who come to it in their order, after its own requests have theirs; the sender's link takes one after the other;
/// the sender's blocks are free when everything has arrived. Kernels run as fast as without it.
extension Simulation {
  /// Sends a request on whose first token just came out.
  mutating func handOver(_ slot: Int, from sender: Int, at now: SimTime) {
    let request = ranks[sender].send(slot)
    guard let receiver = movers?.pool.rank(for: request),
      let move = movers?.moves.insert(
        Movers.Move(request: request, sender: sender, slot: slot, receiver: receiver))
    else { preconditionFailure("only who has somewhere to go is handed over") }
    ranks[receiver].awaited.append(move)
    wake(receiver)
  }

  /// Lets those come to a rank for whom it has room.
  mutating func startMoves(to receiver: Int, at now: SimTime) throws {
    while let move = ranks[receiver].awaited.first, let moved = movers?.moves[move],
      ranks[receiver].makeRoom(for: moved.request.promptTokens),
      let end = try movers?.send(move, on: ranks[moved.sender].link, at: now)
    {
      events.schedule(.cacheArrives(move), at: end)
    }
  }

  /// A request's keys and values are where it decodes.
  mutating func arrive(_ move: Int, at now: SimTime) {
    guard var moved = movers?.moves.remove(move), let bytes = movers?.bytes(of: moved.request) else {
      preconditionFailure("only who moves arrives")
    }
    moved.request.cacheArrival = now
    ledger.noteMove(of: bytes, in: now - moved.request.lastToken, energyPerByte: movers?.link.energyPerByte)
    ranks[moved.sender].forget(moved.slot)
    ranks[moved.receiver].take(moved.request)
    wake(moved.sender)
    wake(moved.receiver)
  }
}

extension Rank {
  /// Gives up a request whose keys and values stay until they have been moved.
  fileprivate mutating func send(_ slot: Int) -> ActiveRequest {
    leavingCount += 1
    return requests[slot]
  }

  /// Frees the blocks of a request that has moved.
  fileprivate mutating func forget(_ slot: Int) {
    leavingCount -= 1
    view.releaseBlocks(holding: requests.remove(slot).promptTokens, of: slot)
  }

  /// Sets blocks aside for the first of those that are awaited; false if that must wait. Who lost its blocks here goes
  /// before, and so do those that run up to the rank's limit.
  fileprivate mutating func makeRoom(for tokens: Int) -> Bool {
    let blocks = view.budget.blocks(for: tokens)
    let taken = view.decodes.count + view.prefilling.count + arrivingCount
    guard view.waiting.isEmpty, taken < view.limits.maxRequests, view.budget.admits(blocks) else { return false }
    view.takeBlocks(blocks)
    awaited.removeFirst()
    arrivingCount += 1
    return true
  }

  /// Takes in a request with the blocks that were set aside for it, less those that others hold too.
  fileprivate mutating func take(_ request: ActiveRequest) {
    arrivingCount -= 1
    let slot = enroll(request)
    view.keepPrefix(of: slot, upTo: request.promptTokens)
    decode(slot)
  }
}

extension Ledger {
  fileprivate mutating func noteMove(of bytes: Bytes, in time: SimDuration, energyPerByte: JoulesPerByte?) {
    summary.requestsMoved += 1
    summary.movedBytes += bytes
    summary.movingTime += Seconds(time.seconds)
    if let energyPerByte { summary.work.energy[.link] += energyPerByte * bytes }
  }
}
