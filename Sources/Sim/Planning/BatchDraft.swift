/// A plan in the making: the rules that all policies share, as vLLM and its descendants follow them.
struct BatchDraft {
  private(set) var plan = BatchPlan()
  /// Blocks and requests that are still free if the plan so far is carried out.
  private var blocks: BlockDraft
  private(set) var runningRequests: Int
  private(set) var decodeCount = 0

  /// An empty plan for the replica of a view. The view itself is passed to each step and not kept: copying it costs.
  init(_ view: ReplicaView) {
    blocks = BlockDraft(view)
    runningRequests = view.decodes.count + view.prefilling.count
  }

  /// Hands the plan over, which costs less than a copy.
  mutating func finish() -> BatchPlan {
    defer { plan = BatchPlan() }
    return plan
  }

  /// Lets the oldest requests decode, at most `limit`. Where a block is missing, the newest decoding request is
  /// preempted, again and again.
  mutating func takeDecodes(of view: ReplicaView, atMost limit: Int) {
    decodeCount = min(view.decodes.count, limit)
    var needed = view.decodes.needingBlock(oldest: decodeCount)
    var remaining = view.decodes.count
    if !blocks.admits(needed) {
      for victim in view.decodes.newestFirst {
        guard !blocks.admits(needed) else { break }
        plan.preemptions.append(victim.id)
        blocks.preempt(victim, of: view)
        remaining -= 1
        guard remaining < decodeCount else { continue }
        decodeCount = remaining
        if victim.needsBlock { needed -= 1 }
      }
    }
    blocks.reserve(needed)
    plan.decodes = decodeCount == remaining ? .all : .oldest(decodeCount)
  }

  /// The next waiting request, if the plan has not admitted it yet and the blocks for its whole prompt are free.
  ///
  /// Whoever was preempted stands before it and cannot return at once: what its blocks gave was not enough for it and
  /// for those that needed them, so nobody is admitted in an iteration that preempts.
  func nextAdmissible(of view: ReplicaView) -> WaitingRequest? {
    guard plan.preemptions.isEmpty, plan.admissions.count < view.waiting.count else { return nil }
    let next = view.waiting[plan.admissions.count]
    return blocks.admits(next, of: view) ? next : nil
  }

  /// Gives the next waiting request its blocks.
  mutating func admit(_ request: WaitingRequest, of view: ReplicaView) {
    blocks.admit(request, of: view)
    plan.admissions.append(request.id)
    runningRequests += 1
  }

  /// Does tokens of a request that has its blocks.
  mutating func prefill(_ request: RequestID, tokens: Range<Int>, layers: Range<Int>) {
    plan.tiles.append(Tile(request: request, tokens: tokens, layers: layers))
  }
}
