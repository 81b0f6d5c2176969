import Crypto
import CryptoExtras
import Foundation

/// Makes TPM 2.0 quotes as TPM2_Quote does, by a key that is in no TPM.
public struct TPMQuoteMaker: Sendable {
  public enum Form: Sendable {
    /// The attested structure and its signature, as tpm2-tools' files put together.
    case concatenated
    /// The same with the structure's size before it.
    case sized
    /// One map with the registers' values, the log, the key and its certificates.
    case map
  }

  /// P-256 and P-384 sign by ECDSA, RSA by PSS, or as it was before PSS.
  public var key: DevelopmentKey
  public var usesPSS = true
  public var boot = BootLogMaker()
  public var form = Form.map

  public var magic: UInt32 = 0xff54_4347
  public var type: UInt16 = 0x8018
  public var extraData: [UInt8] = []
  public var clock: UInt64 = 3_600_000
  public var resetCount: UInt32 = 7
  public var restartCount: UInt32 = 0
  public var isClockSafe = true
  public var firmwareVersion: UInt64 = 0x0001_0002_0003_0004
  /// The registers that are quoted, of each bank of the boot.
  public var selected: [UInt32] = [0, 1, 2, 3, 4, 5, 6, 7]
  /// The key's attributes: fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign.
  public var attributes: UInt32 = 0x0005_0072

  public var includesValues = true
  public var includesLog = true
  public var includesKey = true
  /// DER, the key's first.
  public var certificates: [[UInt8]] = []

  public init(key: DevelopmentKey) { self.key = key }

  public func make() throws -> [UInt8] {
    let attested = try attested()
    let signature = try signature(attested)
    switch form {
    case .concatenated: return attested + signature
    case .sized: return sized(attested) + signature
    case .map: return try map(attested, signature)
    }
  }

  /// TPMS_ATTEST.
  public func attested() throws -> [UInt8] {
    var bytes = big(magic) + big(type) + sized(try qualifiedName()) + sized(extraData)
    bytes += big(clock) + big(resetCount) + big(restartCount) + [isClockSafe ? 1 : 0] + big(firmwareVersion)
    bytes += big(UInt32(boot.banks.count))
    var values: [UInt8] = []
    for bank in boot.banks {
      var bits: [UInt8] = [0, 0, 0]
      for pcr in selected { bits[Int(pcr) / 8] |= 1 << UInt8(pcr % 8) }
      bytes += big(bank.rawValue) + [3] + bits
      for pcr in selected.sorted() { values += boot.value(bank, pcr) }
    }
    return bytes + sized(digest(values))
  }

  /// TPMT_SIGNATURE over the bytes.
  public func signature(_ bytes: [UInt8]) throws -> [UInt8] {
    switch key {
    case .p256, .p384:
      let raw = try key.rawSignature(bytes)
      return big(UInt16(0x18)) + big(hash) + sized(Array(raw.prefix(raw.count / 2))) + sized(Array(raw.suffix(raw.count / 2)))
    case .rsaPSS where usesPSS: return big(UInt16(0x16)) + big(hash) + sized(try key.rawSignature(bytes))
    case .rsaPSS(let key):
      let signature = try key.signature(for: SHA384.hash(data: bytes), padding: .insecurePKCS1v1_5)
      return big(UInt16(0x14)) + big(hash) + sized(Array(signature.rawRepresentation))
    case .ed25519: throw CocoaError(.featureUnsupported)
    }
  }

  /// TPM2B_PUBLIC, as tpm2_createak writes it.
  public func publicArea() throws -> [UInt8] { sized(try publicContents()) }

  /// TPMT_PUBLIC: no policy, no symmetric algorithm, one scheme.
  private func publicContents() throws -> [UInt8] {
    let null = big(UInt16(0x10))
    var bytes = big(UInt16(isRSA ? 0x01 : 0x23)) + big(hash) + big(attributes) + sized([]) + null
    bytes += big(UInt16(isRSA ? (usesPSS ? 0x16 : 0x14) : 0x18)) + big(hash)
    switch key {
    case .p256, .p384:
      let point = key.point
      return bytes + big(UInt16(point.count == 64 ? 3 : 4)) + null + sized(Array(point.prefix(point.count / 2)))
        + sized(Array(point.suffix(point.count / 2)))
    case .rsaPSS(let key):
      let modulus = try Array(key.publicKey.getKeyPrimitives().modulus)
      return bytes + big(UInt16(modulus.count * 8)) + big(UInt32(0)) + sized(modulus)
    case .ed25519: throw CocoaError(.featureUnsupported)
    }
  }

  /// Of a primary key of the endorsement hierarchy.
  private func qualifiedName() throws -> [UInt8] {
    let name = big(hash) + digest(try publicContents())
    return big(hash) + digest(big(UInt32(0x4000_000b)) + name)
  }

  private var isRSA: Bool { if case .rsaPSS = key { true } else { false } }
  private var hash: UInt16 { if case .p256 = key { 0x0b } else { 0x0c } }
  private func digest(_ bytes: [UInt8]) -> [UInt8] { hash == 0x0b ? Array(SHA256.hash(data: bytes)) : Array(SHA384.hash(data: bytes)) }

  private func map(_ attested: [UInt8], _ signature: [UInt8]) throws -> [UInt8] {
    var pairs: [(CBORItem, CBORItem)] = [(.text("attest"), .bytes(attested)), (.text("signature"), .bytes(signature))]
    if includesKey { pairs.append((.text("key"), .bytes(try publicArea()))) }
    if includesLog { pairs.append((.text("event-log"), .bytes(boot.log()))) }
    if includesValues {
      let banks = boot.banks.map { bank in
        let values = selected.map { (CBORItem.integer(Int($0)), CBORItem.bytes(boot.value(bank, $0))) }
        return (CBORItem.integer(Int(bank.rawValue)), CBORItem.sortedMap(values))
      }
      pairs.append((.text("pcrs"), .sortedMap(banks)))
    }
    if !certificates.isEmpty { pairs.append((.text("certificates"), .array(certificates.map { .bytes($0) }))) }
    return CBORItem.sortedMap(pairs).encoded
  }
}

private func big<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
private func sized(_ bytes: [UInt8]) -> [UInt8] { big(UInt16(bytes.count)) + bytes }
