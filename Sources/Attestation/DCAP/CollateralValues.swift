import Foundation

/// Bytes that JSON holds as hexadecimal digits.
struct HexadecimalValue: Decodable {
  let bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let bytes = Attestation.bytes(hexadecimal: text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal digits")
    }
    self.bytes = bytes
  }
}

/// A time that JSON holds as RFC 3339.
struct TimeValue: Decodable {
  let time: Date

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let time = Attestation.time(timestamp: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time")
    }
    self.time = time
  }
}

extension KeyedDecodingContainer {
  /// Hexadecimal digits of so many bytes.
  func bytes(_ key: Key, count: Int) throws -> [UInt8] {
    let bytes = try decode(HexadecimalValue.self, forKey: key).bytes
    guard bytes.count == count else {
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(bytes.count) bytes, not \(count)")
    }
    return bytes
  }

  func time(_ key: Key) throws -> Date { try decode(TimeValue.self, forKey: key).time }
}

/// Decodes JSON text that the scanner has passed, with this room's error.
func decodeCollateral<Content: Decodable>(
  _ type: Content.Type, from text: ArraySlice<UInt8>, _ structure: String
) throws(MalformedEvidence) -> Content {
  do {
    return try JSONDecoder().decode(type, from: Data(text))
  } catch let error as DecodingError {
    let (found, context): (String, DecodingError.Context) =
      switch error {
      // The scanner has passed the text, so it is not the syntax that is wrong, whatever the decoder says.
      case .dataCorrupted(let context) where context.codingPath.isEmpty:
        throw MalformedEvidence(structure, found: "a value that is out of its range", wanted: "Intel's collateral")
      case .dataCorrupted(let context): ("", context)
      case .keyNotFound(let key, let context): ("no \(key.stringValue): ", context)
      case .typeMismatch(let type, let context): ("not \(type): ", context)
      case .valueNotFound(let type, let context): ("no \(type): ", context)
      @unknown default: throw MalformedEvidence(structure, found: "other JSON", wanted: "Intel's collateral")
      }
    let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    throw MalformedEvidence(
      path.isEmpty ? structure : "\(structure), \(path)", found: found + context.debugDescription, wanted: "Intel's collateral")
  } catch {
    throw MalformedEvidence(structure, found: "other JSON", wanted: "Intel's collateral")
  }
}
