import Base

/// A configuration tree from JSON text, as if it stood in `test.json`.
public func config(_ json: String) throws -> ConfigNode { try ConfigNode(parsing: json, file: "test.json") }
