import Base
import HardwareModels
import Results
import Sim
import TestSupport
import Testing

/// Timelines worked by hand.
struct TimelineTests {
  /// Two layers, a group each: a layer with work takes 1 + tokens seconds, one watt is drawn besides a joule for each
  /// FLOP and byte. The second request waits for the cohort's end, the third fits no cache.
  @Test func aRunWorkedByHand() throws {
    let layered = LayeredPrefill(cohortTokens: 8, grouping: LayerGrouping(rule: .fixed, maxGroups: 2))
    let json = try draw(
      [layered],
      serving: [.at(1, prompt: 3, output: 2), .at(2, prompt: 7, output: 1), .at(60, prompt: 900, output: 1)],
      on: tinyServer(layers: 2, blocks: 100)
    ).json
    #expect(json.replacing(#""cat":"layered","pid":1,"tid":"#, with: "@") == wholeRun)
  }

  @Test func whatNobodyMetersIsNotDrawn() throws {
    var bytes: [UInt8] = []
    let file = TimelineFile { piece in for index in piece.indices { bytes.append(piece[index]) } }
    let recorder = try TimelineRecorder(of: "real", into: file, idlePower: Watts(7))
    var measured = iteration()
    measured.replica = ReplicaID(0)
    measured.cost.energy = .unmetered
    try recorder.record(measured)
    try recorder.finish()
    try file.finish()
    let timeline = try DrawnTimeline(String(decoding: bytes, as: UTF8.self))
    #expect(timeline.slices("layers", of: "real").isEmpty)
    #expect(timeline.slices("iterations", of: "real").map { $0.args["energy_j"] == nil } == [true])
    #expect(Set(timeline.events("C", of: "real").map(\.name)) == ["requests", "KV cache", "HBM GB/s"])
  }

  /// Iterations of replicas may overlap; a request's flow ends where its last token came out.
  @Test func replicasAreProcesses() throws {
    var bytes: [UInt8] = []
    let file = TimelineFile { piece in for index in piece.indices { bytes.append(piece[index]) } }
    let recorder = try TimelineRecorder(of: "split", into: file, idlePower: .zero)
    for replica in [1, 0] {
      var iteration = iteration()
      iteration.replica = ReplicaID(replica)
      try recorder.record(iteration)
    }
    var request = servedRequest()
    request.replica = ReplicaID(0)
    request.emissions = [Emission(ReplicaID(0), 0...0), Emission(ReplicaID(1), 0...1)]
    try recorder.record(request)
    try recorder.finish()
    try file.finish()
    let timeline = try DrawnTimeline(String(decoding: bytes, as: UTF8.self))
    let names = timeline.events.filter { $0.name == "process_name" }
    #expect(names.map { $0.args["name"] as? String } == ["split", "split, replica 1"])
    #expect(timeline.events("X", of: "split").filter { $0.thread % 10 == 1 }.map(\.process) == [2, 1])
    #expect(timeline.events("stf", of: "split").map(\.process) == [1, 1, 1, 2])
    #expect(
      timeline.events("b", of: "split").map(\.name) == ["request", "waiting", "prefill", "KV transfer", "decode"])
  }

  @Test func whoIsNextHearsWhatItWants() throws {
    final class Listener: Recorder {
      let detail: RecordDetail
      var heard: [String] = []
      init(_ detail: RecordDetail) { self.detail = detail }
      func record(_ request: RequestRecord) { heard.append("request \(request.emissions.map(\.iterations))") }
      func record(_ iteration: IterationRecord) { heard.append("iteration") }
    }
    let expected: [RecordDetail: [String]] = [
      .none: [], .requests: ["request []"],
      .iterations: ["iteration", "request [ClosedRange(7...7), ClosedRange(9...10)]"],
    ]
    for detail in RecordDetail.allCases {
      let listener = Listener(detail)
      let recorder = try TimelineRecorder(
        of: "any", into: TimelineFile { _ in }, idlePower: .zero, passingOnTo: listener)
      try recorder.record(iteration())
      try recorder.record(servedRequest())
      #expect(listener.heard == expected[detail])
    }
  }
}

private let wholeRun = """
  {"displayTimeUnit":"ms","traceEvents":[
  {"ph":"M","name":"process_name",@10,"ts":0.000,"args":{"name":"layered"}},
  {"ph":"M","name":"process_sort_index",@10,"ts":0.000,"args":{"sort_index":1}},
  {"ph":"M","name":"thread_name",@10,"ts":0.000,"args":{"name":"arrivals"}},
  {"ph":"M","name":"thread_sort_index",@10,"ts":0.000,"args":{"sort_index":10}},
  {"ph":"M","name":"thread_name",@11,"ts":0.000,"args":{"name":"iterations"}},
  {"ph":"M","name":"thread_sort_index",@11,"ts":0.000,"args":{"sort_index":11}},
  {"ph":"M","name":"thread_name",@12,"ts":0.000,"args":{"name":"layers"}},
  {"ph":"M","name":"thread_sort_index",@12,"ts":0.000,"args":{"sort_index":12}},
  {"ph":"X","name":"prefill",@11,"ts":1000000.000,"dur":4000000.000,"args":{"iteration":0,"decodes":0,"prefill_requests":1,"prefill_token_layers":3,"first_layer":0,"last_layer":0,"emitted_tokens":0,"waiting":0,"expert_weights_bytes":3,"energy_j":29}},
  {"ph":"X","name":"prefill, layer 0",@12,"ts":1000000.000,"dur":4000000.000,"args":{"prefill_tokens":3,"decodes":0}},
  {"ph":"C","name":"requests",@11,"ts":1000000.000,"args":{"decoding":0,"prefilling":1,"waiting":0}},
  {"ph":"C","name":"KV cache",@11,"ts":1000000.000,"args":{"used blocks":1}},
  {"ph":"C","name":"HBM GB/s",@11,"ts":1000000.000,"args":{"dense weights":2.5e-10,"expert weights":7.5e-10,"KV read":7.5e-10,"KV write":7.5e-10,"activations":7.5e-10}},
  {"ph":"C","name":"power",@11,"ts":1000000.000,"args":{"W":7.25}},
  {"ph":"X","name":"prefill",@11,"ts":5000000.000,"dur":4000000.000,"args":{"iteration":1,"decodes":0,"prefill_requests":1,"prefill_token_layers":3,"first_layer":1,"last_layer":1,"emitted_tokens":1,"waiting":1,"expert_weights_bytes":3,"energy_j":30}},
  {"ph":"X","name":"prefill, layer 1",@12,"ts":5000000.000,"dur":4000000.000,"args":{"prefill_tokens":3,"decodes":0}},
  {"ph":"C","name":"requests",@11,"ts":5000000.000,"args":{"decoding":0,"prefilling":1,"waiting":1}},
  {"ph":"C","name":"KV cache",@11,"ts":5000000.000,"args":{"used blocks":1}},
  {"ph":"C","name":"HBM GB/s",@11,"ts":5000000.000,"args":{"dense weights":2.5e-10,"expert weights":7.5e-10,"KV read":7.5e-10,"KV write":7.5e-10,"activations":7.5e-10}},
  {"ph":"C","name":"power",@11,"ts":5000000.000,"args":{"W":7.5}},
  {"ph":"X","name":"arrival",@10,"ts":1000000.000,"dur":0.000,"args":{"request":0}},
  {"ph":"b","name":"request",@10,"ts":1000000.000,"id":0,"args":{"request":0,"outcome":"completed","prompt_tokens":3,"output_tokens":2,"preemptions":0}},
  {"ph":"e","name":"request",@10,"ts":20000000.000,"id":0},
  {"ph":"b","name":"prefill",@10,"ts":1000000.000,"id":0,"args":{"request":0}},
  {"ph":"e","name":"prefill",@10,"ts":9000000.000,"id":0},
  {"ph":"b","name":"decode",@10,"ts":9000000.000,"id":0,"args":{"request":0}},
  {"ph":"e","name":"decode",@10,"ts":20000000.000,"id":0},
  {"ph":"s","name":"request",@10,"ts":1000000.000,"id":0},
  {"ph":"t","name":"request",@11,"ts":1000000.000,"id":0},
  {"ph":"t","name":"request",@11,"ts":8999999.999,"id":0},
  {"ph":"f","name":"request",@11,"ts":19999999.999,"id":0,"bp":"e"},
  {"ph":"X","name":"prefill + decode",@11,"ts":9000000.000,"dur":11000000.000,"args":{"iteration":2,"decodes":1,"prefill_requests":1,"prefill_token_layers":7,"first_layer":0,"last_layer":0,"emitted_tokens":1,"waiting":0,"expert_weights_bytes":9,"energy_j":110}},
  {"ph":"X","name":"prefill + decode, layer 0",@12,"ts":9000000.000,"dur":9000000.000,"args":{"prefill_tokens":7,"decodes":1}},
  {"ph":"X","name":"decode, layer 1",@12,"ts":18000000.000,"dur":2000000.000,"args":{"prefill_tokens":0,"decodes":1}},
  {"ph":"C","name":"requests",@11,"ts":9000000.000,"args":{"decoding":1,"prefilling":1,"waiting":0}},
  {"ph":"C","name":"KV cache",@11,"ts":9000000.000,"args":{"used blocks":3}},
  {"ph":"C","name":"HBM GB/s",@11,"ts":9000000.000,"args":{"dense weights":1.8181818181818182e-10,"expert weights":8.181818181818182e-10,"KV read":1.3636363636363635e-09,"KV write":8.181818181818182e-10,"activations":8.181818181818182e-10}},
  {"ph":"C","name":"power",@11,"ts":9000000.000,"args":{"W":10}},
  {"ph":"X","name":"arrival",@10,"ts":2000000.000,"dur":0.000,"args":{"request":1}},
  {"ph":"b","name":"request",@10,"ts":2000000.000,"id":1,"args":{"request":1,"outcome":"completed","prompt_tokens":7,"output_tokens":1,"preemptions":0}},
  {"ph":"e","name":"request",@10,"ts":28000000.000,"id":1},
  {"ph":"b","name":"waiting",@10,"ts":2000000.000,"id":1,"args":{"request":1}},
  {"ph":"e","name":"waiting",@10,"ts":9000000.000,"id":1},
  {"ph":"b","name":"prefill",@10,"ts":9000000.000,"id":1,"args":{"request":1}},
  {"ph":"e","name":"prefill",@10,"ts":28000000.000,"id":1},
  {"ph":"s","name":"request",@10,"ts":2000000.000,"id":1},
  {"ph":"t","name":"request",@11,"ts":9000000.000,"id":1},
  {"ph":"f","name":"request",@11,"ts":27999999.999,"id":1,"bp":"e"},
  {"ph":"X","name":"prefill",@11,"ts":20000000.000,"dur":8000000.000,"args":{"iteration":3,"decodes":0,"prefill_requests":1,"prefill_token_layers":7,"first_layer":1,"last_layer":1,"emitted_tokens":1,"waiting":0,"expert_weights_bytes":7,"energy_j":80}},
  {"ph":"X","name":"prefill, layer 1",@12,"ts":20000000.000,"dur":8000000.000,"args":{"prefill_tokens":7,"decodes":0}},
  {"ph":"C","name":"requests",@11,"ts":20000000.000,"args":{"decoding":0,"prefilling":1,"waiting":0}},
  {"ph":"C","name":"KV cache",@11,"ts":20000000.000,"args":{"used blocks":2}},
  {"ph":"C","name":"HBM GB/s",@11,"ts":20000000.000,"args":{"dense weights":1.25e-10,"expert weights":8.75e-10,"KV read":8.75e-10,"KV write":8.75e-10,"activations":8.75e-10}},
  {"ph":"C","name":"power",@11,"ts":20000000.000,"args":{"W":10}},
  {"ph":"X","name":"arrival",@10,"ts":60000000.000,"dur":0.000,"args":{"request":2}},
  {"ph":"b","name":"request",@10,"ts":60000000.000,"id":2,"args":{"request":2,"outcome":"rejected_no_memory","prompt_tokens":900,"output_tokens":1,"preemptions":0}},
  {"ph":"e","name":"request",@10,"ts":60000000.000,"id":2},
  {"ph":"C","name":"requests",@11,"ts":28000000.000,"args":{"decoding":0,"prefilling":0,"waiting":0}},
  {"ph":"C","name":"KV cache",@11,"ts":28000000.000,"args":{"used blocks":0}},
  {"ph":"C","name":"HBM GB/s",@11,"ts":28000000.000,"args":{"dense weights":0,"expert weights":0,"KV read":0,"KV write":0,"activations":0}},
  {"ph":"C","name":"power",@11,"ts":28000000.000,"args":{"W":1}}
  ]}

  """
