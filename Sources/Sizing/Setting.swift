import Base
import Sim

/// A setting of a policy that can be searched.
public struct Setting: Sendable {
  /// What the command line calls it.
  public let name: String
  /// The policy that has it.
  public let policy: String
  /// Its key below the policy's settings.
  let key: String
  private let values: @Sendable (Int) -> [Int]

  /// Tokens that an iteration of chunked prefill may process, 128 to 8192.
  static let chunk = Setting(name: "chunk", policy: ChunkedPrefill.name, key: "tokenBudget") { _ in
    halfOctaves(to: 8192).filter { $0 >= 128 }
  }

  /// Most layer groups of layered prefill, up to one for each layer. Groups need not divide the layers.
  static let groups = Setting(name: "groups", policy: LayeredPrefill.name, key: "maxGroups") { layerCount in
    let counts = halfOctaves(to: layerCount)
    return counts.last == layerCount ? counts : counts + [layerCount]
  }

  /// All of them.
  public static let all = [chunk, groups]

  /// Where it stands in a deployment.
  public var path: String { "policies.\(policy).\(key)" }

  /// The settings that are named in a list such as `chunk,groups`.
  /// - Parameter option: the option that names them.
  public static func named(_ list: String, option: String) throws -> [Setting] {
    try list.split(separator: ",").map(String.init).map { word in
      guard let setting = all.first(where: { $0.name == word }) else {
        throw InputError.unknown("setting", word, among: all.map(\.name), status: .usage, file: option)
      }
      return setting
    }
  }

  /// What the deployment says.
  func value(in deployment: Deployment) throws -> Int? {
    try deployment.policySettings.member(policy)?.member(key)?.integer(in: 1...(.max))
  }

  /// The values to try.
  func candidates(for deployment: Deployment) -> [Int] { values(deployment.model.transformer.layerCount) }
}

/// Powers of two and one and a half of each, in order: 1, 2, 3, 4, 6, 8, 12, …
private func halfOctaves(to most: Int) -> [Int] {
  (1...most).filter { [1, 3].contains($0 >> $0.trailingZeroBitCount) }
}
