import Attestation

/// Takes pieces of evidence out, and puts others in their place, as whoever carries it could.
enum Pieces {
  static func member(_ name: String, _ evidence: [UInt8]) throws -> [UInt8] {
    guard let item = try CBORDecoder.decode(evidence, .deterministic, of: "test")[name] else { throw MalformedEvidence("test", found: "nothing", wanted: name) }
    return CBOREncoder.encode(item)
  }

  static func removing(_ name: String, from evidence: [UInt8]) throws -> [UInt8] {
    let pairs = try CBORDecoder.decode(evidence, .deterministic, of: "test").asMap ?? []
    return CBOREncoder.encode(.map(pairs.filter { $0.key != .text(name) }))
  }

  /// Bytes that are no item of CBOR damage the whole.
  static func replacing(_ name: String, in evidence: [UInt8], by bytes: [UInt8]) throws -> [UInt8] {
    guard let item = try? CBORDecoder.decode(bytes, .deterministic, of: "test") else { return [] }
    let pairs = try CBORDecoder.decode(evidence, .deterministic, of: "test").asMap ?? []
    return CBOREncoder.encode(.map(pairs.map { $0.key == .text(name) ? CBORPair($0.key, item) : $0 }))
  }
}
