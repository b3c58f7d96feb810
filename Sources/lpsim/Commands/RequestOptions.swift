import ArgumentParser
import Base
import Traces

/// How many requests, and how fast they come. Numbers take whatever follows, so that `-1` is refused as a number.
struct RequestOptions: ParsableArguments {
  @Option(
    name: .customLong("rate"), parsing: .unconditional,
    help: ArgumentHelp("Requests each second; rescales recorded arrivals.", valueName: "rps"))
  var rateValue: Double?

  @Option(
    name: .customLong("requests"), parsing: .unconditional,
    help: ArgumentHelp("How many requests; of a file its first ones.", valueName: "count"))
  var requestCountValue: Int?

  @Option(
    name: .customLong("seed"), parsing: .unconditional,
    help: ArgumentHelp("The seed of lengths, arrivals and drawn routing.", valueName: "number"))
  var seedValue: Int?

  /// The rate, if one is asked for.
  func rate() throws -> RequestsPerSecond? {
    guard let rateValue else { return nil }
    guard rateValue > 0, rateValue.isFinite else {
      throw InputError(.usage, file: "--rate", "\(rateValue) is out of range; expected a number above 0")
    }
    return RequestsPerSecond(rateValue)
  }

  /// The number of requests, if one is asked for.
  func requestCount() throws -> Int? {
    try inRange(requestCountValue, from: 1, "--requests")
  }

  /// The seed, if one is asked for.
  func seed() throws -> Int? { try inRange(seedValue, from: 0, "--seed") }

  private func inRange(_ value: Int?, from least: Int, _ option: String) throws -> Int? {
    guard let value, value < least else { return value }
    throw InputError(.usage, file: option, "\(value) is out of range; expected \(least) or more")
  }
}
