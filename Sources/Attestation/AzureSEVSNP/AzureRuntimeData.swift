import Crypto
import Foundation

/// What Azure's firmware binds to a report: JSON with the keys of the virtual TPM and the machine's configuration, of which REPORT_DATA
/// holds a hash.
public struct AzureRuntimeData: Sendable {
  public enum Hash: UInt32, Sendable {
    case sha256 = 1
    case sha384 = 2
    case sha512 = 3

    var name: String {
      switch self {
      case .sha256: "SHA-256"
      case .sha384: "SHA-384"
      case .sha512: "SHA-512"
      }
    }

    func digest(_ bytes: [UInt8]) -> [UInt8] {
      switch self {
      case .sha256: Array(SHA256.hash(data: bytes))
      case .sha384: Array(SHA384.hash(data: bytes))
      case .sha512: Array(SHA512.hash(data: bytes))
      }
    }
  }

  /// A value in the JSON, by the path of its names.
  public struct Claim: Sendable, Equatable {
    public let path: String
    public let value: String
  }

  /// Azure's is under 4 KiB.
  static let maximumSize = 64 * 1024
  static let maximumDepth = 8
  static let maximumClaims = 256

  public let hash: Hash
  /// The JSON as it was hashed.
  public let json: [UInt8]
  /// Every value in the JSON.
  public let claims: [Claim]

  init(json: [UInt8], hash: Hash) throws(MalformedEvidence) {
    (self.json, self.hash) = (json, hash)
    do {
      var claims: [Claim] = []
      try Self.flatten(JSONDecoder().decode(Value.self, from: Data(json)), "", depth: 0, into: &claims)
      self.claims = claims
    } catch let error as MalformedEvidence {
      throw error
    } catch {
      throw MalformedEvidence("Azure blob, runtime data", found: "bytes that are not JSON", wanted: "a JSON object")
    }
  }

  private static func flatten(_ value: Value, _ path: String, depth: Int, into claims: inout [Claim]) throws(MalformedEvidence) {
    guard depth <= maximumDepth, claims.count < maximumClaims else {
      throw MalformedEvidence(
        "Azure blob, runtime data", found: "JSON deeper or larger", wanted: "at most \(maximumDepth) levels and \(maximumClaims) values")
    }
    switch value {
    case .object(let members):
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        try flatten(member, path.isEmpty ? name : "\(path).\(name)", depth: depth + 1, into: &claims)
      }
    case .array(let items):
      for (index, item) in items.enumerated() { try flatten(item, "\(path)[\(index)]", depth: depth + 1, into: &claims) }
    case .scalar(let text):
      guard depth > 0 else { throw MalformedEvidence("Azure blob, runtime data", found: "a value alone", wanted: "a JSON object") }
      claims.append(Claim(path: path, value: text))
    }
  }

  /// JSON; numbers, booleans and null as their text.
  private enum Value: Decodable {
    case object([String: Value])
    case array([Value])
    case scalar(String)

    init(from decoder: any Decoder) throws {
      // The coding path is as deep as the value: refused before it is followed further.
      guard decoder.codingPath.count <= AzureRuntimeData.maximumDepth + 1 else {
        throw MalformedEvidence("Azure blob, runtime data", found: "JSON deeper", wanted: "at most \(AzureRuntimeData.maximumDepth) levels")
      }
      if let object = try? decoder.container(keyedBy: Name.self) {
        let members = try object.allKeys.map { ($0.stringValue, try object.decode(Value.self, forKey: $0)) }
        self = .object(Dictionary(members, uniquingKeysWith: { first, _ in first }))
        return
      }
      if var items = try? decoder.unkeyedContainer() {
        var all: [Value] = []
        while !items.isAtEnd { all.append(try items.decode(Value.self)) }
        self = .array(all)
        return
      }
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        self = .scalar("null")
      } else if let value = try? value.decode(Bool.self) {
        self = .scalar("\(value)")
      } else if let value = try? value.decode(Int.self) {
        self = .scalar("\(value)")
      } else if let value = try? value.decode(Double.self) {
        self = .scalar("\(value)")
      } else {
        self = .scalar(try value.decode(String.self))
      }
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// A value by its path; nil where there is none.
  public func value(_ path: String) -> String? { claims.first { $0.path == path }?.value }

  /// The modulus, base64url, of the key by this name, such as `HCLAkPub`: an RSA key.
  public func modulus(ofKey name: String) -> String? {
    let key = claims.first { $0.value == name && $0.path.hasPrefix("keys[") && $0.path.hasSuffix("].kid") }
    return key.flatMap { value($0.path.dropLast(3) + "n") }
  }

  /// Whether a report's data is this JSON's hash, then zeros.
  func isBound(to reportData: [UInt8]) -> Bool {
    let digest = hash.digest(json)
    return reportData.starts(with: digest) && reportData.dropFirst(digest.count).allSatisfy { $0 == 0 }
  }
}
