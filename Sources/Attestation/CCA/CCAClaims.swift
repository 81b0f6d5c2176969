/// A map of claims by number, read by the sizes that Arm's specification fixes.
struct CCAClaims {
  /// The token's name, for errors.
  let token: String
  let map: CBORValue

  init(_ envelope: COSESign1, of token: String) throws(MalformedEvidence) {
    guard let payload = envelope.payload else { throw MalformedEvidence("\(token), payload", found: "none", wanted: "claims") }
    self.token = token
    map = try CBORDecoder.decode(payload, of: "\(token), payload")
    guard map.asMap != nil else { throw MalformedEvidence("\(token), payload", found: map.kind, wanted: "a map of claims") }
  }

  init(_ map: CBORValue, of token: String) throws(MalformedEvidence) {
    guard map.asMap != nil else { throw MalformedEvidence(token, found: map.kind, wanted: "a map") }
    self.token = token
    self.map = map
  }

  private func malformed(_ key: Int64, _ name: String, _ wanted: String) -> MalformedEvidence {
    MalformedEvidence("\(token), \(name) (\(key))", found: map[key]?.kind ?? "nothing", wanted: wanted)
  }

  func bytes(_ key: Int64, _ name: String) throws(MalformedEvidence) -> [UInt8] {
    guard let bytes = map[key]?.asBytes else { throw malformed(key, name, "bytes") }
    return bytes
  }

  func bytes(_ key: Int64, _ name: String, of length: Int) throws(MalformedEvidence) -> [UInt8] {
    guard let bytes = map[key]?.asBytes, bytes.count == length else { throw malformed(key, name, "\(length) bytes") }
    return bytes
  }

  /// 32, 48 or 64 bytes.
  func hash(_ key: Int64, _ name: String) throws(MalformedEvidence) -> [UInt8] {
    guard let bytes = map[key]?.asBytes, Self.hashLengths.contains(bytes.count) else { throw malformed(key, name, "32, 48 or 64 bytes") }
    return bytes
  }

  func hashes(_ key: Int64, _ name: String, count: Int) throws(MalformedEvidence) -> [[UInt8]] {
    let hashes = map[key]?.asArray?.compactMap(\.asBytes).filter { Self.hashLengths.contains($0.count) }
    guard let hashes, hashes.count == count, map[key]?.asArray?.count == count else {
      throw malformed(key, name, "\(count) times 32, 48 or 64 bytes")
    }
    return hashes
  }

  func text(_ key: Int64, _ name: String) throws(MalformedEvidence) -> String {
    guard let text = map[key]?.asText else { throw malformed(key, name, "text") }
    return text
  }

  func optionalText(_ key: Int64, _ name: String) throws(MalformedEvidence) -> String? {
    map[key] == nil ? nil : try text(key, name)
  }

  func maps(_ key: Int64, _ name: String) throws(MalformedEvidence) -> [CCAClaims] {
    guard let items = map[key]?.asArray, !items.isEmpty else { throw malformed(key, name, "an array of maps") }
    var maps: [CCAClaims] = []
    for item in items { maps.append(try CCAClaims(item, of: "\(token), \(name)")) }
    return maps
  }

  /// Claims beside these: a receiver must bear with what it does not know (RFC 9711, section 6).
  func others(besides known: Set<Int64>) -> [CBORPair] {
    (map.asMap ?? []).filter { pair in pair.key.asInteger.map { !known.contains($0) } ?? true }
  }

  private static let hashLengths = [32, 48, 64]
}
