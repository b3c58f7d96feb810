import Base
import HardwareModels

/// One thing that a survey measures: a kernel of one shape.
public protocol SurveyPoint: Sendable {
  /// What it is called in progress and in tables, without commas.
  var label: String { get }
  /// Points of one series differ in size only, so that the time of one foretells the next.
  var series: String { get }
  /// What it asks of the machine.
  var work: SurveyWork { get }
  /// What memory it is measured in.
  var needs: SurveyNeeds { get }
  /// Whether it is measured whatever the budget: a ceiling.
  var isCeiling: Bool { get }
  /// Points with the same one are proven right together.
  var checkName: String { get }
  /// Compares kernels of this kind, of its widths and of several heights, with the reference.
  func check(_ check: inout KernelCheck) throws
  /// Its operation, on other weights in each pass.
  func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram
  /// Where its time is written.
  var table: SurveyTable { get }
  /// Its row there.
  func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String]
}

extension SurveyPoint {
  /// Most points are kernels that a model uses.
  public var isCeiling: Bool { false }
}

/// Arithmetic and traffic of one run of a kernel, as they must be at least.
public struct SurveyWork: Hashable, Sendable {
  /// Arithmetic.
  public var flops: Flops
  /// Bytes read and written if nothing is moved twice.
  public var bytes: Bytes

  /// So much arithmetic and traffic.
  public init(flops: Flops, bytes: Bytes) {
    self.flops = flops
    self.bytes = bytes
  }

  /// How long it takes on a machine that does 100 GFLOP/s and moves 10 GB/s: a few CPU cores. It serves to put points in
  /// order and to scale measured times, never as a time.
  var size: Double { flops.value / 1e11 + bytes.value / 1e10 }

  /// How many times this work is that one, by whichever of the two has grown more.
  func ratio(to other: SurveyWork) -> Double {
    max(flops.value / max(1, other.flops.value), bytes.value / max(1, other.bytes.value))
  }
}

/// Elements of memory that measuring needs.
public struct SurveyNeeds: Hashable, Sendable {
  /// Weights.
  public var weights = 0
  /// What goes into a kernel.
  public var inputs = 0
  /// What comes out.
  public var outputs = 0
  /// Keys, and as many values.
  public var keys = 0

  /// Enough for both.
  func joined(_ other: SurveyNeeds) -> SurveyNeeds {
    SurveyNeeds(
      weights: max(weights, other.weights), inputs: max(inputs, other.inputs), outputs: max(outputs, other.outputs),
      keys: max(keys, other.keys))
  }
}

/// A file of measurements: its name and its columns in order.
public struct SurveyTable: Hashable, Sendable {
  /// The file.
  public var file: String
  /// The columns.
  public var columns: [String]

  init(_ file: String, _ columns: String) {
    self.file = file
    self.columns = columns.split(separator: ",").map(String.init)
  }

  // The columns are those of NVIDIA's aiconfigurator tables as `lpsim calibrate --from` reads them; what is added stands
  // at the end.

  /// MoE layers; expert_tokens has the tokens of each active expert.
  public static let moe = SurveyTable(
    "moe.csv",
    "gpu,engine,engine_version,kernel,dtype,model,hidden,inter,experts,topk,tp,ep,distribution,tokens,latency_us,"
      + "active_experts,repeats,q25_us,q75_us,expert_tokens")
  /// Dense products.
  public static let gemm = SurveyTable("gemm.csv", "gpu,engine,engine_version,kernel,dtype,m,n,k,latency_us")
  private static let attention =
    "gpu,engine,engine_version,kernel,attn_dtype,kv_cache_dtype,batch_size,isl,step,num_heads,num_key_value_heads,"
    + "head_dim,window_size,latency_us"
  /// Attention of new tokens of one request: isl new ones after step past ones.
  public static let prefillAttention = SurveyTable("attention_prefill.csv", attention)
  /// Attention of one new token for each request: a context is isl + step.
  public static let decodeAttention = SurveyTable("attention_decode.csv", attention)
  /// What the machine can do at best.
  public static let ceilings = SurveyTable("ceilings.csv", "quantity,value,unit,repeats,q25,q75")
  /// Joules. A run's are the whole device's, idle power included; the row `idle` has the power in which nothing runs.
  public static let energy = SurveyTable("energy.csv", "what,watts,joules_per_run,seconds_per_run,runs,flops,bytes")
  /// Every single time, in the order of measuring.
  public static let samples = SurveyTable("samples.csv", "what,pass,latency_us")

  /// All of them.
  public static let all = [moe, gemm, prefillAttention, decodeAttention, ceilings, energy, samples]
}
