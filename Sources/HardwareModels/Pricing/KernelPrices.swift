import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What limits an operator.
public enum Bound: String, CaseIterable, Sendable {
  /// Arithmetic.
  case compute
  /// Bytes from and to HBM.
  case memory
  /// The link between GPUs.
  case link
  /// What a kernel takes however little it does.
  case latency
  /// The host, while no kernel runs.
  case host
}

/// How long an operator takes, by what takes it.
struct OperatorTime {
  var seconds: Double
  private let compute: Double
  private let memory: Double
  private let link: Double
  private let latency: Double

  init(_ seconds: Double, compute: Double = 0, memory: Double = 0, link: Double = 0, latency: Double) {
    self.seconds = seconds
    self.compute = compute
    self.memory = memory
    self.link = link
    self.latency = latency
  }

  /// What takes longest.
  var bound: Bound {
    let parts: [(Bound, Double)] = [(.compute, compute), (.memory, memory), (.link, link), (.latency, latency)]
    return parts.max { $0.1 < $1.1 }?.0 ?? .latency
  }
}

/// (a^p + b^p)^(1/p): between the sum at p = 1 and the larger one as p grows.
@inline(__always)
func overlapped(_ a: Double, _ b: Double, _ p: Double) -> Double {
  let longer = max(a, b)
  let shorter = min(a, b)
  guard shorter > 0 else { return longer }
  if p == 1 { return longer + shorter }
  return longer * exp2(log2(1 + exp2(p * log2(shorter / longer))) / p)
}

/// The attention forms of an engine on a GPU, divided out for one model: plain numbers for the inner loop.
struct AttentionPrices {
  let decodeStart: Double
  let decodeSecondsPerByte: Double
  let decodeSecondsPerHead: Double
  let decodeExponent: Double
  let prefillStart: Double
  let prefillSecondsPerFlop: Double
  let prefillMaskedTokens: Double
  let prefillSecondsPerByte: Double
  let prefillSecondsPerKey: Double
  let sharedTile: PrefillAttentionForm.SharedTile?

  init(_ engine: EngineProfile, _ gpu: GPU, headDim: Int) {
    let decode = engine.decodeAttention
    decodeStart = decode.start.value
    decodeSecondsPerByte = 1 / (decode.bandwidthEfficiency * gpu.memoryBandwidth.value)
    decodeSecondsPerHead = decode.timePerHead.value
    decodeExponent = decode.overlapExponent
    let prefill = engine.prefillAttention
    let known = prefill.flopEfficiencies
    let nearest = known.min { ($0.headDim - headDim).magnitude < ($1.headDim - headDim).magnitude }
    guard let nearest else { preconditionFailure("a profile has at least one efficiency of prefill attention") }
    prefillStart = prefill.start.value
    prefillSecondsPerFlop = 1 / (nearest.flopEfficiency * gpu.peakBF16.value)
    prefillMaskedTokens = prefill.maskedTokens
    prefillSecondsPerByte = 1 / (prefill.bandwidthEfficiency * gpu.memoryBandwidth.value)
    prefillSecondsPerKey = prefill.timePerContextToken?.value ?? 0
    sharedTile = prefill.sharedTile
  }

  /// Streaming keys and values, and the work of each request and head.
  func parts(_ work: DecodeAttention) -> (memory: Double, heads: Double) {
    return (work.cachedBytes * decodeSecondsPerByte, Double(work.requests * work.kvHeads) * decodeSecondsPerHead)
  }

  func seconds(_ work: DecodeAttention) -> Double {
    let parts = parts(work)
    return decodeStart + overlapped(parts.memory, parts.heads, decodeExponent)
  }

  /// Arithmetic, and moving queries, keys, values and outputs.
  @inline(__always)
  func parts(_ work: PrefillAttention) -> (compute: Double, memory: Double) {
    let width = Double(work.heads * work.headDim)
    let pairs = Double(work.pairs) + Double(work.tokens) * prefillMaskedTokens / 2
    let queries = Double(work.tokens) * Double(work.heads)
    let keys = Double(work.cachedTokens) * Double(work.kvHeads) * (work.cacheFormat.bytesPerValue / 2)
    let bytes = 4 * (queries + keys) * Double(work.headDim)
    return (4 * width * pairs * prefillSecondsPerFlop, bytes * prefillSecondsPerByte)
  }

  /// The time in which one tile walks the keys that a token sees on average.
  func walk(_ work: PrefillAttention) -> Double { prefillSecondsPerKey * Double(work.pairs) / Double(work.tokens) }

  @inline(__always)
  func seconds(_ work: PrefillAttention) -> Double {
    let parts = parts(work)
    return max(prefillStart + walk(work), prefillStart + parts.compute + parts.memory)
  }

  /// Both, by one kernel where the engine has one for them and otherwise one after the other.
  func seconds(_ prefill: PrefillAttention, beside decode: DecodeAttention) -> Double {
    guard let sharedTile else { return seconds(prefill) + seconds(decode) }
    let parts = parts(prefill)
    let context = Double(decode.contextTokens)
    let pairs = sharedTile.rows * (context + Double(decode.requests) * sharedTile.extraTokens)
    let decodes = 4 * Double(prefill.heads * prefill.headDim) * pairs * prefillSecondsPerFlop
    let walk = max(walk(prefill), prefillSecondsPerKey * context / Double(decode.requests))
    return prefillStart + max(walk, parts.compute + parts.memory + decodes)
  }
}
