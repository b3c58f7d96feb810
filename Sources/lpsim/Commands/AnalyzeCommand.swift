import Analysis
import ArgumentParser
import Base
import HardwareModels
import Sim

/// `lpsim analyze`.
struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Says what limits a deployment: every operator against the roofline, and the batches that matter.",
    discussion: """
      One prompt of --context tokens is prefilled in one iteration, and each --batch of requests that have so many \
      tokens decodes one more. Times are the engine's; the roofline is the least that the data sheet allows. Then come \
      the batch at which attention's projections (B_attn) and experts (B_MoE) take as long to compute as to read, the \
      batch that memory allows (B_cap), and the resource that limits decoding.

      --gpus sweeps systems of many GPUs in closed form (arXiv:2507.15465): attention data parallel over groups of the \
      deployment's tensor parallelism, experts over all GPUs, each system full, peaks reached, and of the link only what experts send.

      EXAMPLES
        lpsim analyze qwen3-30b
        lpsim analyze qwen3-30b --batch 1,32,256 --picture roofline.svg
        lpsim analyze deepseek-r1 --gpus 8..256
        lpsim analyze qwen3-30b --set model=qwen3-8b --set gpu=h200-sxm-141gb
      """)

  @OptionGroup var deployment: DeploymentOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens of the prompt, and of each request that decodes (default: 4096, or maxModelLen if that is less).",
      valueName: "tokens"))
  var context: Int?

  @Option(
    help: ArgumentHelp(
      "Requests that decode; repeat it or put commas for more (default: as many as memory and maxNumSeqs allow).",
      valueName: "count"))
  var batch: [String] = []

  @Option(help: ArgumentHelp("Systems of so many GPUs, each twice as many as the last.", valueName: "from..to"))
  var gpus: String?

  @Option(
    help: ArgumentHelp("Draw every operator under the roofline.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var picture: String?

  @Flag(help: "Print one JSON object instead of the tables.")
  var json = false

  func run() throws {
    let deployment = try Deployment(reading: deployment.resolve(in: .standard()))
    let context = try context(of: deployment)
    let analysis = try DeploymentAnalysis(
      of: deployment, context: context, batches: batches(), sizes: gpus.map { try sizes($0) })
    if let picture { try OutputFile.write(analysis.picture, to: picture) }
    try Terminal.print(json ? analysis.json.prettyJSON() + "\n" : analysis.text)
  }

  private func context(of deployment: Deployment) throws -> Int {
    let most = deployment.maxModelLen
    let context = context ?? min(4096, most)
    guard (1...most).contains(context) else {
      throw InputError(
        .usage, file: "--context", "\(context) is out of range; expected 1…\(most), the deployment's maxModelLen")
    }
    return context
  }

  private func batches() throws -> [Int] {
    try batch.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { word in
      guard let count = Int(word) else {
        throw InputError(.usage, file: "--batch", "\"\(word)\" is not a whole number")
      }
      guard (1...65536).contains(count) else {
        throw InputError(.usage, file: "--batch", "\(count) is out of range; expected 1…65536")
      }
      return count
    }
  }

  /// `8..256` as 8, 16, … 256.
  private func sizes(_ text: String) throws -> [Int] {
    let ends = text.split(separator: "..", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, 1 <= first, first <= last,
      last <= 65536
    else {
      throw InputError(
        .usage, file: "--gpus", "\"\(text)\" is not a range of whole numbers up to 65536", hint: "such as 8..256")
    }
    return Array(sequence(first: first) { 2 * $0 <= last ? 2 * $0 : nil })
  }
}
