import Foundation
import SwiftASN1

/// A make-believe chip or cloud provider with a key that signs reports of SEV-SNP, and the certificates up to a make-believe root, which
/// carry the names of AMD's.
public struct SNPChipMaker: Sendable {
  public enum Product: String, Sendable, CaseIterable {
    case milan = "Milan"
    case genoa = "Genoa"
    /// Endorsed as Genoa.
    case siena = "Siena"
    case turin = "Turin"

    var endorsed: String { self == .siena ? "Genoa" : rawValue }

    /// CPUID's family, model and stepping.
    var processor: [UInt8] {
      switch self {
      case .milan: [0x19, 0x01, 1]
      case .genoa: [0x19, 0x11, 1]
      case .siena: [0x19, 0xa0, 2]
      case .turin: [0x1a, 0x02, 1]
      }
    }
  }

  /// The firmware's security versions; only Turin has `fmc`.
  public struct Versions: Sendable, Equatable {
    public var (fmc, bootloader, tee, snp, microcode): (UInt8, UInt8, UInt8, UInt8, UInt8)

    public init(fmc: UInt8 = 1, bootloader: UInt8 = 9, tee: UInt8 = 2, snp: UInt8 = 23, microcode: UInt8 = 210) {
      (self.fmc, self.bootloader, self.tee, self.snp, self.microcode) = (fmc, bootloader, tee, snp, microcode)
    }
  }

  public var product: Product
  public var versions: Versions
  public var chipID: [UInt8]
  /// For a key that a provider holds (VLEK): its name. Nil for the chip's own (VCEK).
  public var provider: String?
  public var key = DevelopmentKey.p384()
  public var issuer: CertificateMaker
  public var root: CertificateMaker
  public var notBefore = Date(timeIntervalSince1970: 1_700_000_000)
  public var notAfter = Date(timeIntervalSince1970: 2_000_000_000)
  /// What the issuer's certificate has as its number, by which a list revokes it.
  public var issuerSerialNumber = 0x10001
  public var serialNumber = 1

  /// A chip of this product under fresh keys. AMD's issuers have RSA keys of 4,096 bits; making those takes seconds, so 2,048 is the
  /// default.
  public init(_ product: Product = .milan, provider: String? = nil, versions: Versions = Versions(), bits: Int = 2048) throws {
    self.init(
      product, provider: provider, versions: versions, issuerKey: try .rsaPSS(bits: bits), rootKey: try .rsaPSS(bits: bits))
  }

  /// A chip of this product whose issuer and root have these keys.
  public init(
    _ product: Product = .milan, provider: String? = nil, versions: Versions = Versions(), issuerKey: DevelopmentKey,
    rootKey: DevelopmentKey
  ) {
    (self.product, self.provider, self.versions) = (product, provider, versions)
    chipID = (0..<(product == .turin ? 8 : 64)).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
    issuer = CertificateMaker(name: "SEV-\(provider == nil ? "" : "VLEK-")\(product.endorsed)", key: issuerKey)
    root = CertificateMaker(name: "ARK-\(product.endorsed)", key: rootKey)
  }

  /// TCB_VERSION, whose layout is the product's.
  public var tcbVersion: [UInt8] {
    product == .turin
      ? [versions.fmc, versions.bootloader, versions.tee, versions.snp, 0, 0, 0, versions.microcode]
      : [versions.bootloader, versions.tee, 0, 0, 0, 0, versions.snp, versions.microcode]
  }

  /// The certificate of the key that signs reports (VCEK or VLEK), DER.
  public func keyCertificate() throws -> [UInt8] {
    try issuer.certificate(
      subject: provider == nil ? "SEV-VCEK" : "SEV-VLEK", subjectPublicKeyInfo: key.subjectPublicKeyInfo, serialNumber: serialNumber,
      notBefore: notBefore, notAfter: notAfter, isAuthority: false, extensions: extensions())
  }

  /// The certificate of the key's issuer (ASK or ASVK), DER.
  public func issuerCertificate() throws -> [UInt8] {
    try root.certificate(
      subject: issuer.name, subjectPublicKeyInfo: issuer.key.subjectPublicKeyInfo, serialNumber: issuerSerialNumber, notBefore: notBefore,
      notAfter: notAfter, isAuthority: true)
  }

  /// The root's (ARK), DER.
  public func rootCertificate() throws -> [UInt8] { try root.rootCertificate(notBefore: notBefore, notAfter: notAfter) }

  /// All three, the key's first and the root's last.
  public func certificates() throws -> [[UInt8]] { [try keyCertificate(), try issuerCertificate(), try rootCertificate()] }

  private func extensions() throws -> [CertificateMaker.Extension] {
    func number(_ identifier: ASN1ObjectIdentifier, _ value: UInt8) throws -> CertificateMaker.Extension {
      .init(identifier, try der { try $0.serialize(Int(value)) })
    }
    let name = provider == nil && product != .turin ? "\(product.endorsed)-B1" : product.endorsed
    var all = [
      try number([1, 3, 6, 1, 4, 1, 3704, 1, 1], product == .turin ? 1 : 0),
      .init([1, 3, 6, 1, 4, 1, 3704, 1, 2], try der { try $0.serialize(ASN1IA5String(name)) }),
      try number([1, 3, 6, 1, 4, 1, 3704, 1, 3, 1], versions.bootloader),
      try number([1, 3, 6, 1, 4, 1, 3704, 1, 3, 2], versions.tee),
      try number([1, 3, 6, 1, 4, 1, 3704, 1, 3, 5], 0),
      try number([1, 3, 6, 1, 4, 1, 3704, 1, 3, 6], 0),
      try number([1, 3, 6, 1, 4, 1, 3704, 1, 3, 7], 0),
      try number([1, 3, 6, 1, 4, 1, 3704, 1, 3, 3], versions.snp),
      try number([1, 3, 6, 1, 4, 1, 3704, 1, 3, 8], versions.microcode),
    ]
    all.append(try number([1, 3, 6, 1, 4, 1, 3704, 1, 3, product == .turin ? 9 : 4], product == .turin ? versions.fmc : 0))
    if let provider {
      all.append(.init([1, 3, 6, 1, 4, 1, 3704, 1, 5], try der { try $0.serialize(ASN1IA5String(provider)) }))
    } else {
      // As AMD writes it, without a tag.
      all.append(.init([1, 3, 6, 1, 4, 1, 3704, 1, 4], chipID))
    }
    return all
  }
}
