import HardwareModels

/// The kernels of which a profile has forms, in the words of the tables.
public enum KernelFamily: String, CaseIterable, Sendable {
  /// One MoE layer.
  case moe
  /// A dense matrix product.
  case gemm
  /// Attention of new tokens of prompts.
  case prefill
  /// Attention of one new token each.
  case decode
  /// Latent attention of new tokens of prompts.
  case mlaPrefill = "mla_prefill"
  /// Latent attention of one new token each.
  case mlaDecode = "mla_decode"
  /// Kernels that only move bytes.
  case elementwise
  /// All-reduce.
  case collectives
}

/// One measured kernel.
public struct Measurement: Sendable {
  /// Which kernel.
  public var family: KernelFamily
  /// What it did.
  public var work: OperatorDemand.Kind
  /// Another kernel that its time contains; the base profile prices it.
  public var besides: OperatorDemand.Kind?
  /// How its weights are stored.
  public var format: NumberFormat
  /// Width of an attention head; 128 for kernels without heads.
  public var headDim: Int
  /// How long it took.
  public var seconds: Double
  /// The model whose layer it is; empty where a table names none.
  public var model: String
  /// Tokens, rows or bytes: what it is drawn against.
  public var size: Double
  /// The curve it belongs to, such as `tp 2, balanced`.
  public var series: String
  /// Arithmetic.
  public var flops: Double
  /// Bytes that it must move from or to memory, each once.
  public var bytes: Double
  /// What it is called in tables of errors.
  public var label: String
}
