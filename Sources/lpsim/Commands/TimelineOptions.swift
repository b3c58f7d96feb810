import ArgumentParser
import Base
import Results

/// Where to draw what happened.
struct TimelineOptions: ParsableArguments {
  @Option(
    name: .customLong("timeline"),
    help: ArgumentHelp(
      """
      Write every iteration, its layers and all requests as a Chrome trace, one policy below the other, to open at \
      ui.perfetto.dev; a kilobyte or two an iteration.
      """, valueName: "file.json"),
    completion: .file(extensions: ["json"]))
  var path: String?

  /// What `body` does with a timeline to write to, which is there when it is done; none unless it is asked for.
  func withTimeline<Result>(_ body: (TimelineFile?) throws -> Result) throws -> Result {
    guard let path else { return try body(nil) }
    var result: Result?
    var byteCount = 0
    try OutputFile.write(to: path) { write in
      let timeline = TimelineFile(write)
      result = try body(timeline)
      try timeline.finish()
      byteCount = timeline.byteCount
    }
    guard let result else { preconditionFailure("a file is written by its body") }
    Terminal.note(
      "timeline in \(path), \(grouped(Double(byteCount) / 1e6, decimals: 1)) MB: open it at ui.perfetto.dev")
    return result
  }
}
