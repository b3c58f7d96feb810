import Base
import Foundation
import TestSupport
import Testing

/// What `lpsim` says to a wrong command line or configuration: one sentence on standard error, nothing on standard
/// output, nothing in the folder.
struct RefusalTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  private func expectRefusal(
    of line: String, _ status: InputError.Status, _ sentence: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try sandbox.lpsim(words: line.replacing("CONFIG", with: paperConfig))
    #expect(outcome == .refused(status, sentence), sourceLocation: location)
    #expect(try sandbox.contents() == [], sourceLocation: location)
  }

  @Test(arguments: [
    ("rnu", "no command \"rnu\" — did you mean \"run\"?"),
    ("run", "Missing expected argument '<config>' — see lpsim run --help"),
    ("run CONFIG", "Missing expected argument '--trace <name or file>' — see lpsim run --help"),
    (
      "run CONFIG --trace arxiv --ploicy layered",
      "Unknown option '--ploicy'. Did you mean '--policy'? — see lpsim run --help"
    ),
    ("run CONFIG more --trace arxiv", "Unexpected argument 'more' — see lpsim run --help"),
    ("run CONFIG --trace arxiv --policy layerd", "--policy: no policy \"layerd\" — did you mean \"layered\"?"),
    ("run CONFIG --trace arxiv --record al", "--record: no record level \"al\" — known: none, requests, iterations"),
    ("run CONFIG --trace arxiv --record request", "--record: no record level \"request\" — did you mean \"requests\"?"),
    ("analyze CONFIG --batch 3,x", "--batch: \"x\" is not a whole number"),
    ("analyze CONFIG --batch 0", "--batch: 0 is out of range; expected 1…65536"),
    (
      "analyze CONFIG --context 40000",
      "--context: 40000 is out of range; expected 1…32768, the deployment's maxModelLen"
    ),
    ("analyze CONFIG --gpus 8..", "--gpus: \"8..\" is not a range of whole numbers up to 65536 — such as 8..256"),
    ("analyze CONFIG --gpus 3", "--gpus: tensor parallelism over 2 GPUs does not divide a system of 3"),
    ("list modles", "no list of \"modles\" — did you mean \"models\"?"),
    ("reproduce --only fig9", "--only: no experiment \"fig9\" — did you mean \"fig2\"?"),
    ("trace arxiv --convert vidurr", "no trace format to write \"vidurr\" — did you mean \"vidur\"?"),
    ("run CONFIG --trace arxiv --set tensorParallel", "--set: \"tensorParallel\" is not key.path=value"),
    (
      "sensitivity CONFIG --only engine.hostSecondPerIteration",
      "--only: no parameter \"engine.hostSecondPerIteration\" — did you mean \"engine.hostSecondsPerIteration\"?"
    ),
    (
      "capacity CONFIG --trace arxiv --optimize chunk,grups",
      "--optimize: no setting \"grups\" — did you mean \"groups\"?"
    ),
    (
      "capacity CONFIG --trace arxiv --policy layered --optimize chunk",
      "\"chunk\" is a setting of chunked, which is not among the policies"
    ),
    ("capacity CONFIG --trace arxiv --policy layerd", "--policy: no policy \"layerd\" — did you mean \"layered\"?"),
    (
      "capacity CONFIG --trace arxiv --metric godput_rps --rate 1",
      "--metric: no metric \"godput_rps\" — did you mean \"goodput_rps\"?"
    ),
    (
      "capacity CONFIG --trace arxiv --metric goodput", "--metric: a metric is measured at a rate — add --rate"
    ),
    (
      "capacity CONFIG --trace arxiv --slo-attainment 101",
      "--slo-attainment: 101.0 is out of range; expected above 0, at most 100"
    ),
    (
      "capacity CONFIG --trace arxiv --metric iterations --rate 1 --optimize chunk",
      "--metric: neither more nor less iterations is better, so nothing is best"
    ),
    (
      "capacity CONFIG --trace arxiv --rate 1", "--rate: the rate is what is looked for — it goes with --metric"
    ),
    ("capacity CONFIG --trace arxiv --seeds 0", "--seeds: 0 is out of range; expected 1 or more"),
    ("sensitivity CONFIG --samples 1", "--samples: 1 is out of range; expected 2 or more"),
    (
      "run CONFIG --trace arxiv --set engine.experts[1].rereadShare=0",
      "--set: engine.experts: the list has 1 item, so \"[1].rereadShare\" cannot be set in it"
    ),
    ("run CONFIG --trace arxiv --set seed.x=1", "--set: seed: 0 has no keys, so \"x\" cannot be set in it"),
    (
      "run CONFIG --trace arxiv --json=yes",
      "The option '--json' does not take any value, but 'yes' was specified — see lpsim run --help"
    ),
    (
      "--generate-completion-script csh",
      "Can't generate completion scripts for 'csh'. Please use --generate-completion-script=<shell> with one of: zsh "
        + "bash fish — see lpsim --help"
    ),
    ("run CONFIG --trace arxiv --set =1", "--set: \"=1\" is not key.path=value"),
  ])
  func aWrongCommandLineIsRefused(_ line: String, _ sentence: String) throws {
    try expectRefusal(of: line, .usage, sentence)
  }

  @Test(arguments: [
    ("--rate 0", "--rate: 0.0 is out of range; expected a number above 0"),
    ("--rate -1", "--rate: -1.0 is out of range; expected a number above 0"),
    ("--rate nan", "--rate: nan is out of range; expected a number above 0"),
    ("--rate inf", "--rate: inf is out of range; expected a number above 0"),
    ("--rate 1e999", "--rate: inf is out of range; expected a number above 0"),
    ("--rate fast", "The value 'fast' is invalid for '--rate <rps>' — see lpsim COMMAND --help"),
    ("--rate", "Missing value for '--rate <rps>' — see lpsim COMMAND --help"),
    ("--rate 1e-300", "the rate is too low: request 2 would arrive after 146 years, the clock's end"),
    ("--requests 0", "--requests: 0 is out of range; expected 1 or more"),
    ("--requests -3", "--requests: -3 is out of range; expected 1 or more"),
    (
      "--requests 99999999999999999999",
      "The value '99999999999999999999' is invalid for '--requests <count>' — see lpsim COMMAND --help"
    ),
    ("--seed -1", "--seed: -1 is out of range; expected 0 or more"),
  ])
  func aWrongNumberOfRequestsRateOrSeedIsRefused(_ option: String, _ sentence: String) throws {
    let run = sentence.replacing("COMMAND", with: "run")
    try expectRefusal(of: "run CONFIG --trace arxiv \(option)", .usage, run)
    try expectRefusal(of: "trace arxiv \(option)", .usage, sentence.replacing("COMMAND", with: "trace"))
  }

  @Test func aHugeRateIsLegal() throws {
    let run = try sandbox.lpsim("run", paperConfig, "--trace", "arxiv", "--requests", "3", "--rate", "1e308", "--json")
    #expect(run.status == 0)
    #expect(try JSONOutput(run.out).runs[0].metrics["requests_completed"] == 3)
  }

  @Test(arguments: [
    ("gpu=h100", "--set: gpu: no GPU \"h100\" — did you mean \"h100-sxm-80gb\"?"),
    ("engine=vllm-0.24-h300", "--set: engine: no engine profile \"vllm-0.24-h300\" — did you mean \"vllm-0.24-h100\"?"),
    ("model=qwen3-8", "--set: model: no model \"qwen3-8\" — did you mean \"qwen3-8b\"?"),
    ("model=gone/config.json", "--set: model: no file \"gone/config.json\""),
    ("model.hiden_size=1", "--set: model.hiden_size: unknown key \"hiden_size\" — did you mean \"hidden_size\"?"),
    ("slo.ttftMS=1", "--set: slo.ttftMS: unknown key \"ttftMS\" — did you mean \"ttftMs\"?"),
    ("seed=x", "--set: seed: \"x\" is not a whole number"),
    ("maxNumSeqs=0", "--set: maxNumSeqs: 0 is out of range; expected 1…65536"),
    (
      "policies.layered.maxGroups=49",
      "--set: policies.layered.maxGroups: 49 is out of range; expected 1…48, the model's layers"
    ),
    ("routing=samples", "--set: routing: no routing \"samples\" — did you mean \"sampled\"?"),
    ("kvCacheType=fp16", "--set: kvCacheType: no type of KV cache \"fp16\" — known: bf16, fp8"),
    (
      "latentAttention.decode=absorbd",
      "--set: latentAttention.decode: no variant of latent attention \"absorbd\" — did you mean \"absorbed\"?"
    ),
    ("arrivals.process=poison", "--set: arrivals.process: no arrival process \"poison\" — did you mean \"poisson\"?"),
    ("compare=[]", "--set compare: line 1, column 1: compare: no policy is named"),
    (
      "compare=[\"chunkd\"]",
      "--set compare: line 1, column 2: compare[0]: no policy \"chunkd\" — did you mean \"chunked\"?"
    ),
    (
      "compare=[\"static\",\"static\"]",
      "--set compare: line 1, column 11: compare[1]: the policy \"static\" is named twice"
    ),
    ("compare={\"x\"", "--set compare: line 2, column 1: not JSON: did not find expected ',' or '}'"),
    ("name=a/b", "name: \"a/b\" cannot name a file — name one with --out"),
    (
      "tensorParallel=3",
      "--set: tensorParallel: tensor parallelism over 3 GPUs does not divide Qwen3-30B-A3B evenly "
        + "— these do: 1, 2, 4, 8, 16, 32"
    ),
    (
      "blockSize=24 --set prefixCaching=true",
      "--set: prefixCaching: the blockSize 24 does not divide the 512 tokens that traces give an id to "
        + "— set blockSize to a power of 2 up to 512"
    ),
    (
      "tensorParallel=32 --set interconnect.domainGPUs=32",
      "--set: tensorParallel: the engine profile layered-prefill-paper has no all-reduce over 32 GPUs "
        + "— it has: 2, 4, 8"
    ),
    (
      "expertParallel=4",
      "--set: expertParallel: experts over 4 GPUs, and tensorParallel x dataParallel are 2 — 1, or 2"
    ),
    (
      "redundantExperts=4",
      "--set: redundantExperts: experts that are not spread over GPUs have no copies — expertParallel would be 2"
    ),
    (
      "tensorParallel=1 --set redundantExperts=4",
      "--set: redundantExperts: experts that are not spread over GPUs have no copies — a stage has one GPU"
    ),
    (
      "expertParallel=2 --set redundantExperts=3",
      "--set: redundantExperts: 128 experts of Qwen3-30B-A3B with 3 redundant do not divide among 2 GPUs — 2, or 4"
    ),
    ("redundantExperts=-1", "--set: redundantExperts: -1 is out of range; expected 0…65536"),
    (
      "expertPlacement=balance",
      "--set: expertPlacement: no placement of experts \"balance\" — did you mean \"balanced\"?"
    ),
    (
      "dataParallel=2 --set expertParallel=4",
      "--set: dataParallel: the engine profile layered-prefill-paper has no all-to-all between attention ranks "
        + "— it has all-reduces over: 2, 4, 8"
    ),
    ("pipelineParallel=49", "--set: pipelineParallel: 48 layers of Qwen3-30B-A3B do not make 49 stages"),
    (
      "tensorParallel=2 --set interconnect.domainGPUs=1 --set interconnect.network=null",
      "--set: tensorParallel: 2 GPUs stand in domains of 1, and no network is between these "
        + "— interconnect.network is null"
    ),
  ])
  func aWrongSettingIsRefused(_ setting: String, _ sentence: String) throws {
    try expectRefusal(of: "run CONFIG --trace arxiv --requests 3 --set \(setting)", .config, sentence)
  }

  @Test func aModelThatDoesNotFitSaysWhatIsMissingAndWhatWouldDo() throws {
    try expectRefusal(
      of: "run CONFIG --trace arxiv --set model=mixtral-8x7b --set tensorParallel=1", .config,
      "--set: tensorParallel: Mixtral-8x7B does not fit on 1 GPU H100 SXM 80 GB: 22859213790 bytes are missing on each "
        + "— tensor parallelism over 2 GPUs would do")
    try expectRefusal(
      of: "run CONFIG --trace arxiv --set gpu=a100-sxm-80gb --set tensorParallel=1 --set gpuMemoryUtilization=0.5",
      .config,
      "--set: tensorParallel: Qwen3-30B-A3B does not fit on 1 GPU A100 SXM 80 GB: 22839037696 bytes are missing on each "
        + "— tensor parallelism over 2 GPUs would do")
  }

  @Test(arguments: [
    ("run qwen3-30c --trace arxiv", "no config \"qwen3-30c\" — did you mean \"qwen3-30b\"?"),
    (
      "run configs/qwen3-30c.json --trace arxiv",
      "no file \"configs/qwen3-30c.json\" — did you mean the config \"qwen3-30b\"?"
    ),
    ("run gone/mine.json --trace arxiv", "no file \"gone/mine.json\""),
    ("show qwen3-30c", "no config \"qwen3-30c\" — did you mean \"qwen3-30b\"?"),
    ("run CONFIG --trace arxvi", "no trace \"arxvi\" — did you mean \"arxiv\"?"),
    ("run CONFIG --trace gone.csv", "gone.csv: cannot be read: No such file or directory"),
    ("trace arxvi", "no trace \"arxvi\" — did you mean \"arxiv\"?"),
  ])
  func aMissingFileIsRefused(_ line: String, _ sentence: String) throws {
    try expectRefusal(of: line, .noInput, sentence)
  }
}
