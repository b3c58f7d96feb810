import Base

/// How requests follow each other in time, at a mean of one request in a unit of time; the rate scales it.
public protocol ArrivalProcess: Sendable {
  /// Its name under `arrivals.process`.
  static var name: String { get }
  /// What it is, in half a sentence.
  static var summary: String { get }

  /// Whether its requests come at a rate; without one they are all there at once.
  var hasRate: Bool { get }

  /// Reads its parameters; the keys that remain are complained about by the caller.
  init(reading fields: inout ConfigFields) throws

  /// The time from one request to the next; its mean is 1, or 0 without a rate. Drawn from `random`, unless the process
  /// is a recorded one.
  mutating func unitGap(from random: inout SeededRandom) -> Double
}

extension ArrivalProcess {
  /// Most processes have a rate.
  public var hasRate: Bool { true }
}

/// Every arrival process a deployment can name.
public let arrivalProcesses: [any ArrivalProcess.Type] = [
  PoissonArrivals.self, GammaArrivals.self, ConstantArrivals.self, SimultaneousArrivals.self,
  BenchmarkClientArrivals.self,
]

/// The arrival process of an object such as `{"process": "gamma", "burstiness": 0.5}`.
public func arrivalProcess(reading node: ConfigNode) throws -> any ArrivalProcess {
  var fields = try ConfigFields(node)
  let key = try fields.required("process")
  let name = try key.string()
  guard let type = arrivalProcesses.first(where: { $0.name == name }) else {
    throw key.error(unknown: "arrival process", name, among: arrivalProcesses.map { $0.name })
  }
  let process = try type.init(reading: &fields)
  try fields.finish()
  return process
}
