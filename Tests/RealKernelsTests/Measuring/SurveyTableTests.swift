import Base
import RealKernels
import TestSupport
import Testing

@Suite struct SurveyTableTests {
  /// The columns of aiconfigurator-core 0.12.0's tables, as they are shared with us.
  static let published = [
    "moe.csv":
      "gpu,engine,engine_version,kernel,dtype,model,hidden,inter,experts,topk,tp,ep,distribution,tokens,latency_us",
    "gemm.csv": "gpu,engine,engine_version,kernel,dtype,m,n,k,latency_us",
    "attention_prefill.csv":
      "gpu,engine,engine_version,kernel,attn_dtype,kv_cache_dtype,batch_size,isl,step,num_heads,num_key_value_heads,"
      + "head_dim,window_size,latency_us",
    "attention_decode.csv":
      "gpu,engine,engine_version,kernel,attn_dtype,kv_cache_dtype,batch_size,isl,step,num_heads,num_key_value_heads,"
      + "head_dim,window_size,latency_us",
  ]
  static let tables: [SurveyTable] = [.moe, .gemm, .prefillAttention, .decodeAttention]

  @Test(arguments: tables) func columnsBeginAsThePublishedOnes(_ table: SurveyTable) throws {
    let columns = try #require(Self.published[table.file]).split(separator: ",").map(String.init)
    #expect(table.columns.prefix(columns.count) == columns[...])
    let more = table == .moe ? ["active_experts", "repeats", "q25_us", "q75_us", "expert_tokens"] : []
    #expect(Array(table.columns.dropFirst(columns.count)) == more)
  }

  @Test(
    .enabled(if: fileExists(sharedFile("calibration/moe.csv")), "the folder ../shared is not here"), arguments: tables)
  func thePublishedColumnsAreTheSharedOnes(_ table: SurveyTable) throws {
    let text = try readTextFile(sharedFile("calibration/\(table.file)"))
    #expect(text.prefix { $0 != "\n" } == Self.published[table.file] ?? "")
  }
}
