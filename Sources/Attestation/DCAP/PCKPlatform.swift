import SwiftASN1

/// What Intel certifies of a platform in the certificate of its key: the extension 1.2.840.113741.1.13.1
/// (Intel SGX PCK Certificate and CRL Profile, section 1.3.5).
public struct PCKPlatform: Sendable, Equatable {
  static let identifier: ASN1ObjectIdentifier = [1, 2, 840, 113741, 1, 13, 1]

  /// Its second value, which holds the security versions.
  private static let technical: ASN1ObjectIdentifier = [1, 2, 840, 113741, 1, 13, 1, 2]

  /// The processor's or package's own name.
  public let ppid: [UInt8]
  /// The security versions of 16 components, in the order of TCB information.
  public let components: [UInt8]
  public let pceSVN: UInt16
  public let cpuSVN: [UInt8]
  public let pceID: [UInt8]
  /// Family, model, stepping, platform type and custom SKU: which TCB information applies.
  public let fmspc: [UInt8]

  init(extension bytes: [UInt8]) throws(MalformedEvidence) {
    do {
      let values = try Self.values(DER.parse(bytes), below: Self.identifier)
      let technical = try Self.values(Self.value(values, 2), below: Self.technical)
      ppid = try Self.octets(values, 1, count: 16)
      pceID = try Self.octets(values, 3, count: 2)
      fmspc = try Self.octets(values, 4, count: 6)
      components = try (UInt(1)...16).map { number in
        guard let version = UInt8(exactly: try Int(derEncoded: Self.value(technical, number))) else {
          throw MalformedEvidence(Self.name, found: "a security version of component \(number)", wanted: "0 to 255")
        }
        return version
      }
      guard let version = UInt16(exactly: try Int(derEncoded: Self.value(technical, 17))) else {
        throw MalformedEvidence(Self.name, found: "PCESVN", wanted: "0 to 65535")
      }
      pceSVN = version
      cpuSVN = try Self.octets(technical, 18, count: 16)
    } catch let error as MalformedEvidence {
      throw error
    } catch {
      throw MalformedEvidence(Self.name, found: description(of: error), wanted: "Intel's SGX extension")
    }
  }

  private static let name = "PCK certificate, SGX extension"

  /// The values of a sequence of (identifier, value) by the last number of each identifier.
  private static func values(_ node: ASN1Node, below parent: ASN1ObjectIdentifier) throws -> [UInt: ASN1Node] {
    try DER.sequence(node, identifier: .sequence) { nodes in
      var values: [UInt: ASN1Node] = [:]
      while let entry = nodes.next() {
        let (number, value) = try DER.sequence(entry, identifier: .sequence) { parts in
          let identifier = try ASN1ObjectIdentifier(derEncoded: &parts)
          let numbers = identifier.oidComponents
          guard numbers.dropLast().elementsEqual(parent.oidComponents), let last = numbers.last, let value = parts.next() else {
            throw MalformedEvidence(name, found: "\(identifier)", wanted: "\(parent) and one number more, with a value")
          }
          return (last, value)
        }
        guard values.updateValue(value, forKey: number) == nil else {
          throw MalformedEvidence(name, found: "\(parent).\(number) twice", wanted: "once")
        }
      }
      return values
    }
  }

  private static func value(_ values: [UInt: ASN1Node], _ number: UInt) throws -> ASN1Node {
    guard let value = values[number] else { throw MalformedEvidence(name, found: "no value \(number)", wanted: "one") }
    return value
  }

  private static func octets(_ values: [UInt: ASN1Node], _ number: UInt, count: Int) throws -> [UInt8] {
    let octets = try ASN1OctetString(derEncoded: value(values, number)).bytes
    guard octets.count == count else {
      throw MalformedEvidence(name, found: "\(octets.count) bytes as value \(number)", wanted: "\(count)")
    }
    return Array(octets)
  }
}
