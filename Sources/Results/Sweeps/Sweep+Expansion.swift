import Base

extension Sweep {
  /// All points: step by step each point becomes as many as the step has values, or stays one where the step does not
  /// apply. Points that came out equal, as policies share them that an axis does not concern, are one.
  static func expanded(_ steps: [SweepStep], fixed: [Setting], axes: ConfigNode) throws -> [[Int?]] {
    let expansion = Expansion(axes: steps.flatMap(\.axes), fixed: fixed)
    var points: [[Int?]] = [[]]
    for step in steps {
      var count = 0
      for point in points {
        count += expansion.applies(step, to: point) ? step.count : 1
        guard count <= mostPoints else { throw tooManyPoints(axes) }
      }
      var seen: Set<[Int?]> = []
      points = try points.flatMap { try expansion.points(from: $0, step) }.filter { seen.insert($0).inserted }
    }
    return points
  }
}

/// What a point needs to know to grow by an axis.
private struct Expansion {
  let axes: [SweepAxis]
  let fixed: [Sweep.Setting]

  /// What becomes of a point that the steps before this one have made.
  func points(from point: [Int?], _ step: SweepStep) throws -> [[Int?]] {
    guard applies(step, to: point) else { return [point + step.axes.map { _ in nil }] }
    return try (0..<step.count).map { place in try point + places(place, in: step, from: point) }
  }

  /// Whether the step's conditions hold, and it sets something.
  func applies(_ step: SweepStep, to point: [Int?]) -> Bool {
    step.conditions.allSatisfy { condition in
      text(of: condition.key, in: point).map(condition.texts.contains) ?? false
    } && step.axes.contains { $0.policy == nil || $0.policy == text(of: "policy", in: point) }
  }

  /// Where each axis of a step stands at its value of that number; nil for settings of a policy that does not run.
  private func places(_ place: Int, in step: SweepStep, from point: [Int?]) throws -> [Int?] {
    var places: [Int?] = []
    for axis in step.axes {
      let whole = point + places
      if let policy = axis.policy, text(of: "policy", in: whole) != policy {
        places.append(nil)
        continue
      }
      guard text(of: axis.key, in: whole) == nil else {
        throw axis.keyNode.error(
          "\"\(axis.key)\" is set twice at one point", hint: "give its axes a \"where\" of which only one holds")
      }
      places.append(axis.places[place])
    }
    return places
  }

  /// What stands under a key so far.
  private func text(of key: String, in point: [Int?]) -> String? {
    for (axis, place) in zip(axes, point) {
      if let place, axis.key == key { return axis.texts[place] }
    }
    return fixed.first { $0.key == key }?.value.settingText
  }
}
