import Base
import HardwareModels

extension FittedForm {
  /// The form as a profile writes it.
  var json: ConfigNode {
    switch self {
    case .matrixProduct(let form): matrixProduct(form)
    case .experts(let form): experts(form)
    case .decodeAttention(let form):
      object([
        ("startSeconds", .number(form.start.value)), ("bandwidthEfficiency", .number(form.bandwidthEfficiency)),
        ("secondsPerRequestAndHead", .number(form.timePerHead.value)),
        ("overlapExponent", .number(form.overlapExponent)),
      ])
    case .prefillAttention(let form): prefill(form)
    case .latentDecode(let form):
      object([
        ("startSeconds", .number(form.start.value)), ("bandwidthEfficiency", .number(form.bandwidthEfficiency)),
        ("flopEfficiency", .number(form.flopEfficiency)), ("leastHeads", .integer(form.leastHeads)),
        ("overlapExponent", .number(form.overlapExponent)),
      ])
    case .latentPrefill(let form):
      object([
        ("variant", .string(form.variant.rawValue)), ("startSeconds", .number(form.start.value)),
        ("flopEfficiency", .number(form.flopEfficiency)),
        ("bandwidthEfficiency", .number(form.bandwidthEfficiency)),
        ("secondsPerContextToken", .number(form.timePerContextToken.value)),
      ])
    case .elementwise(let form):
      object([
        ("startSeconds", .number(form.start.value)), ("bandwidthEfficiency", .number(form.bandwidthEfficiency)),
      ])
    case .allReduce(let form):
      object(
        [
          ("gpus", .integer(form.gpus)), ("startSeconds", .number(form.start.value)),
          ("bytesPerSecond", .number(form.bandwidth.value)),
        ] + (form.secondStart.map { [("secondStartSeconds", .number($0.value))] } ?? []))
    }
  }

  private func matrixProduct(_ form: MatrixProductForm) -> ConfigNode {
    var members: [(String, ConfigNode.Value)] = [("format", .string(form.format.rawValue))]
    if let rows = form.fromRows { members.append(("fromRows", .integer(rows))) }
    members += [
      ("startSeconds", .number(form.start.value)), ("flopEfficiency", .number(form.flopEfficiency)),
      ("bandwidthEfficiency", .number(form.bandwidthEfficiency)), ("overlapExponent", .number(form.overlapExponent)),
    ]
    if let time = form.timePerInnerRow { members.append(("secondsPerInnerRow", .number(time.value))) }
    if let share = form.quantizationEfficiency { members.append(("quantizationEfficiency", .number(share))) }
    if let waves = form.waves {
      let sizes = object([("tiles", .integer(waves.tiles)), ("share", .number(waves.share))])
      members.append(("waves", sizes.value))
    }
    return object(members)
  }

  private func prefill(_ form: PrefillAttentionForm) -> ConfigNode {
    let efficiencies = form.flopEfficiencies.map {
      object([("headDim", .integer($0.headDim)), ("flopEfficiency", .number($0.flopEfficiency))])
    }
    var members: [(String, ConfigNode.Value)] = [
      ("startSeconds", .number(form.start.value)), ("flopEfficiencies", .array(efficiencies)),
      ("maskedTokens", .number(form.maskedTokens)), ("bandwidthEfficiency", .number(form.bandwidthEfficiency)),
    ]
    if let time = form.timePerContextToken { members.append(("secondsPerContextToken", .number(time.value))) }
    if let tile = form.sharedTile {
      let sizes = object([("rows", .number(tile.rows)), ("extraTokens", .number(tile.extraTokens))])
      members.append(("sharedTile", sizes.value))
    }
    return object(members)
  }

  private func experts(_ form: ExpertProductForm) -> ConfigNode {
    var members: [(String, ConfigNode.Value)] = [("format", .string(form.format.rawValue))]
    if let shape = form.shape {
      let sizes: [(String, ConfigNode.Value)] = [
        ("hidden", .integer(shape.hidden)), ("intermediate", .integer(shape.intermediate)),
        ("count", .integer(shape.count)), ("topK", .integer(shape.topK)),
      ]
      let shard = shape.shard.map { [("shard", ConfigNode.Value.integer($0))] } ?? []
      members.append(("shape", object(sizes + shard).value))
    }
    members += [
      ("startSeconds", .number(form.start.value)), ("flopEfficiency", .number(form.flopEfficiency)),
      ("bandwidthEfficiency", .number(form.bandwidthEfficiency)),
      ("activationEfficiency", form.activationEfficiency.map { .number($0) } ?? .null),
      ("rereadShare", .number(form.rereadShare)), ("overlapExponent", .number(form.overlapExponent)),
    ]
    if let cache = form.rereadCache { members.append(("rereadCacheBytes", .number(cache.value))) }
    let heights = form.tileRows.map { list([.integer($0.lowerBound), .integer($0.upperBound)]) }
    members.append(("tileRows", heights ?? .null))
    members.append(("tileColumns", .integer(form.tileColumns)))
    if let spill = form.spill {
      let sizes = object([("cacheBytes", .number(spill.cache.value)), ("slowdown", .number(spill.slowdown))])
      members.append(("spill", sizes.value))
    }
    if let correction = form.correction {
      let knots = correction.knots.map { list([.integer($0.tokens), .number($0.factor)]) }
      members.append(("correction", list(knots)))
    }
    return object(members)
  }
}

/// A list that stands in no file.
private func list(_ values: [ConfigNode.Value]) -> ConfigNode.Value { .array(values.map { node($0) }) }

/// An object that stands in no file.
func object(_ members: [(String, ConfigNode.Value)]) -> ConfigNode {
  node(.object(members.map { ConfigNode.Member($0.0, node($0.1)) }))
}
