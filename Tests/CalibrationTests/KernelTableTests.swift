import Base
import HardwareModels
import Testing

@testable import Calibration

@Suite struct KernelTableTests {
  private let header = "gpu,engine,engine_version,kernel,dtype,m,n,k,latency_us\n"
  private let row = "H100-SXM,TRTLLM,1.0,x,bfloat16,64,4096,2048,12.5\n"

  private func message(_ text: String) -> String {
    sentence { _ = try KernelTable(parsing: text, file: "a.csv", model: noModel) }
  }

  private func reading(_ text: String, gpu: String = "H100-SXM", filters: [String] = []) -> String {
    sentence {
      let table = try KernelTable(parsing: text, file: "a.csv", model: noModel)
      let filters = try filters.map { try RowFilter(parsing: $0, option: "--where") }
      _ = try MeasurementSet(reading: [table], MeasurementSelection(gpu: gpu, engine: nil, filters: filters))
    }
  }

  @Test func aBrokenFileIsOneSentence() {
    #expect(message("") == "a.csv: the file is empty; expected a header and measured kernels")
    #expect(message(header) == "a.csv: no row follows the header")
    #expect(message("a,b\n1,2\n").hasPrefix("a.csv: line 1: the header is that of no known table — known: moe (gpu,"))
    #expect(
      message("gpu,engine,dtype,m,n,k,latency\nH100,x,bfloat16,1,1,1,2\n")
        == "a.csv: line 1: the column \"latency_us\" is missing from this gemm table — is \"latency\" meant to be it?")
    #expect(message(header + "H100-SXM,TRTLLM,1.0\n") == "a.csv: line 2: 3 fields; the header has 9")
  }

  @Test func aBrokenFieldSaysWhereItStands() {
    let bad = header + row + row.replacing(",64,", with: ",six,")
    #expect(reading(bad) == "a.csv: line 3, column m: \"six\" is not a number")
    #expect(
      reading(header + row.replacing(",64,", with: ",6.5,"))
        == "a.csv: line 2, column m: \"6.5\" is not a whole number")
    #expect(
      reading(header + row.replacing(",64,", with: ",0,"))
        == "a.csv: line 2, column m: 0 is out of range; expected 1 or more")
    #expect(
      reading(header + row.replacing("12.5", with: "0"))
        == "a.csv: line 2, column latency_us: 0 is no time that a kernel takes")
    #expect(
      reading(header + row.replacing("12.5", with: "nan"))
        == "a.csv: line 2, column latency_us: \"nan\" is not a number")
  }

  @Test func whatSelectsNothingSaysWhy() {
    #expect(
      reading(header + row, gpu: "H200-SXM")
        == "--gpu: no measurements of a GPU called \"H200-SXM\" — did you mean \"H100-SXM\"?")
    #expect(
      reading(header + row, filters: ["gemm: n>=5000"])
        == "a.csv: no row is left to fit to — 1 gemm rows: not \"gemm: n>=5000\"")
    #expect(
      reading(header + row, filters: ["gemm: ms=5"])
        == "gemm: ms=5 (of a.csv): no column \"ms\" — did you mean \"m\"?")
  }

  @Test func aWrongFilterIsOneSentence() {
    func message(_ text: String) -> String { sentence { _ = try RowFilter(parsing: text, option: "--where") } }
    #expect(message("tp=1") == "--where: \"tp=1\" is not \"family: column=value ...\"")
    #expect(message("mo: tp=1") == "--where: no family of kernels \"mo\" — did you mean \"moe\"?")
    #expect(message("moe:") == "--where: \"moe:\" has no condition")
    #expect(message("moe: tp") == "--where: \"tp\" is not column=value, !=, >= or <=")
    #expect(message("moe: tp>=x") == "--where: \"tp>=x\" compares with no number")
  }

  private let layers =
    "gpu,engine,dtype,model,hidden,inter,experts,topk,tp,ep,distribution,tokens,latency_us,expert_tokens\n"

  @Test func countedExpertsAreTakenAsTheyAre() throws {
    let table = try KernelTable(
      parsing: layers + "G,E,bfloat16,m,8,8,4,2,1,1,coverage_prompt,10,5,10 9 1\n", file: "a.csv", model: noModel)
    let set = try MeasurementSet(reading: [table], MeasurementSelection(gpu: "g", engine: nil))
    guard case .experts(let product) = set.measurements[0].work else { throw InputError(.data, "no experts") }
    #expect(product.load == ExpertLoad(counts: [10, 9, 1]))
  }

  @Test(arguments: ["10 9", "11 8 1", "10 8 1 1 0", "", "x"])
  func countsThatDoNotAddUpAreRefused(_ counts: String) {
    #expect(
      reading(layers + "G,E,bfloat16,m,8,8,4,2,1,1,coverage_prompt,10,5,\(counts)\n", gpu: "G")
        == "a.csv: line 2, column expert_tokens: \"\(counts)\" is not how 10 tokens choose 2 of 4 experts each")
  }

  @Test func ceilingsMakeADataSheet() throws {
    let text = "quantity,value,unit\nread_bandwidth,4e10,bytes_per_second\nmemory,2e9,bytes\n"
    func table(_ text: String) throws -> KernelTable { try KernelTable(parsing: text, file: "c.csv", model: noModel) }
    #expect(try Ceilings(in: [table(header + row)]) == nil)
    #expect(sentence { _ = try Ceilings(in: [table(text)]) } == "c.csv: no row has the quantity gemm_throughput")
    let whole = try #require(try Ceilings(in: [table(text + "gemm_throughput,1.5e11,flops_per_second\n")]))
    let gpu = try GPU(reading: whole.dataSheet(of: "Some CPU"))
    #expect(gpu.name == "Some CPU" && gpu.peakBF16.value == 1.5e11 && gpu.memoryBandwidth.value == 4e10)
    #expect(gpu.memory == Bytes(2e9) && gpu.power == nil && gpu.linkBandwidth == nil)
  }

  @Test func singleTimesAndEnergiesAreSetAside() throws {
    let tables = try [header + row, "what,pass,latency_us\nx,0,1\n", "what,watts\nidle,70\n"].map {
      try KernelTable(parsing: $0, file: "a.csv", model: noModel)
    }
    let set = try MeasurementSet(reading: tables, MeasurementSelection(gpu: "H100-SXM", engine: nil))
    #expect(set.measurements.count == 1 && tables.gpus == ["H100-SXM"])
  }

  @Test func conditionsCompareNumbersAsNumbersAndWordsAsWords() throws {
    func holds(_ condition: String, _ value: String) throws -> Bool {
      try RowFilter.Condition(parsing: condition, option: "").holds(for: value)
    }
    #expect(try holds("a=0", "0.0") && holds("a=1,2", "2") && holds("a=VLLM", "vLLM") && holds("a>=3", "1e1"))
    #expect(try !holds("a!=0", "0.0") && !holds("a=1,2", "3") && !holds("a<=3", "4") && holds("a!=x,y", "z"))
  }

  @Test func attentionOfOneNewTokenBehindOthersIsDecoding() throws {
    let text = """
      gpu,engine,attn_dtype,kv_cache_dtype,batch_size,isl,step,num_heads,num_key_value_heads,head_dim,window_size,latency_us
      G,E,bfloat16,bfloat16,2,4,3,8,2,64,0,5
      G,E,bfloat16,bfloat16,2,1,9,8,2,64,0,5
      G,E,bfloat16,bfloat16,2,1,9,8,2,64,4,5
      G,E,bfloat16,fp8,2,1,9,8,2,64,0,5
      """
    let set = try MeasurementSet(
      reading: [KernelTable(parsing: text, file: "a.csv", model: noModel)], MeasurementSelection(gpu: "g", engine: "e"))
    let decode = DecodeAttention(requests: 2, contextTokens: 20, kvHeads: 2, headDim: 64)
    var windowed = decode
    windowed.contextTokens = 8
    // Four tokens behind three others attend to 4 + 5 + 6 + 7 tokens.
    let prefill = PrefillAttention(tokens: 8, pairs: 44, cachedTokens: 14, heads: 8, kvHeads: 2, headDim: 64)
    #expect(
      set.measurements.map(\.work) == [
        .prefillAttention(prefill), .decodeAttention(decode), .decodeAttention(windowed),
      ])
    #expect(set.leftOut == [.init(family: .decode, reason: "a KV cache in fp8", count: 1)])
  }

  @Test func latentAttentionIsThatOfDeepSeek() throws {
    func work(_ rows: String) throws -> [OperatorDemand.Kind] {
      let header = "gpu,engine,kernel,mla_dtype,kv_cache_dtype,num_heads,batch_size,isl,step,latency_us\n"
      let table = try KernelTable(parsing: header + rows, file: "a.csv", model: noModel)
      return try MeasurementSet(reading: [table], MeasurementSelection(gpu: "g", engine: nil)).measurements.map(\.work)
    }
    let found = try work(
      """
      G,E,flash_attention,bfloat16,bfloat16,16,2,4,0,5
      G,E,default,bfloat16,bfloat16,16,2,4,0,5
      G,E,default,bfloat16,bfloat16,16,2,1,9,5
      G,E,default,bfloat16,fp8,16,2,1,9,5
      """)
    let sizes = Transformer.Latent(queryRank: 1536, rank: 512, plainDim: 128, rotaryDim: 64, valueDim: 128)
    func prefill(_ variant: LatentVariant) -> LatentAttention {
      LatentAttention(sizes, variant, requests: 2, tokens: 8, pairs: 20, cachedTokens: 8, heads: 16)
    }
    let decode = LatentAttention(sizes, .absorbed, requests: 2, tokens: 2, pairs: 20, cachedTokens: 20, heads: 16)
    #expect(found == [.latentPrefill(prefill(.absorbed)), .latentPrefill(prefill(.plain)), .latentDecode(decode)])
    #expect(
      sentence { _ = try work("G,E,triton,bfloat16,bfloat16,16,2,4,0,5") }
        == "a.csv: line 2, column kernel: whether \"triton\" absorbs its projections is not known")
  }
}
