import Foundation
import SwiftASN1
import X509

extension NitroDocument {
  /// How far the hypervisor's clock may be ahead of the verifier's, in seconds.
  static let clockSkew: TimeInterval = 60

  /// The certificates in the order in which they are followed: the bundle has the root first.
  private var chain: CertificateChain { CertificateChain([certificate] + bundle.reversed()) }

  public func examine(in context: VerificationContext) -> Examination {
    var findings = [signature]
    findings += chain.examine(for: .nitro, rule: "nitro", in: context)
    findings += [keys, endorsedUse, knownFields, essentialRegisters, time(context.time)]
    findings += notes
    return Examination(.nitro, findings: findings, platform: claims)
  }

  /// The registers are zero in debug mode: AWS measures nothing then. One that is missing says no more than a zero.
  private var isDebug: Bool { NitroRegister.essential.contains { registers[$0]?.allSatisfy { $0 == 0 } ?? true } }

  private var claims: PlatformClaims {
    PlatformClaims(
      .nitro, debug: isDebug, boundData: nonce ?? [],
      measurements: registers.sorted { $0.key < $1.key }.map { index, value in
        Measurement("pcr\(index)", value, NitroRegister.meaning(index), isEssential: NitroRegister.essential.contains(index))
      },
      issuedAt: issuedAt, hardwareIdentity: Array(moduleID.utf8))
  }

  private var signature: Finding {
    let algorithm = envelope.algorithm
    let holds = algorithm == .es384 && envelope.isValid(for: certificate.key)
    return .rule(
      "nitro.signature", .instanceIdentity, holds: holds,
      found: holds
        ? "ES384 by \"\(certificate.subjectName)\"" : "\(algorithm?.name ?? "an unknown algorithm"), not the certificate's signature",
      wanted: "ES384 by the key of the document's certificate",
      remedy: "the document was altered, or signed by another key: ask the enclave for a new one")
  }

  private var keys: Finding {
    let other = chain.certificates.first { $0.key.name != "P-384" || $0.scheme != .ecdsaDER(.sha384) }
    return .rule(
      "nitro.keys", .instanceIdentity, holds: other == nil,
      found: other.map { "\"\($0.subjectName)\" with a key on \($0.key.name), signed by \($0.scheme)" } ?? "P-384 and SHA-384 throughout",
      wanted: "P-384 and SHA-384 in every certificate", remedy: "AWS issues no such certificate: ask the enclave for a new document")
  }

  /// AWS's rules for the extensions (3.2.3.2, 3.2.3.3); those of the issuers are the chain's own.
  private var endorsedUse: Finding {
    func refused(_ found: String, _ wanted: String) -> Finding {
      .rule("nitro.use", .instanceIdentity, holds: false, found: found, wanted: wanted, remedy: "AWS issues no such certificate")
    }
    let known: [ASN1ObjectIdentifier] = [.X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage]
    for certificate in chain.certificates {
      if let other = certificate.extensions.first(where: { $0.critical && !known.contains($0.oid) }) {
        return refused(
          "\"\(certificate.subjectName)\" with the critical extension \(other.oid)", "critical extensions that are understood")
      }
    }
    guard !certificate.authority.isAuthority else {
      return refused("\"\(certificate.subjectName)\" is an authority", "a certificate that may not issue others")
    }
    guard let usage = try? certificate.extensions.keyUsage, usage.digitalSignature else {
      return refused("\"\(certificate.subjectName)\" is not for signatures", "key usage digitalSignature")
    }
    return .rule(
      "nitro.use", .instanceIdentity, holds: true, found: "a key for signatures", wanted: "key usage digitalSignature", remedy: "")
  }

  private var knownFields: Finding {
    .rule(
      "nitro.fields", .instanceIdentity, holds: unknownFields.isEmpty,
      found: unknownFields.isEmpty ? "AWS's fields" : "unknown: \(unknownFields.joined(separator: ", "))",
      wanted: "AWS's fields and no others",
      remedy: "AWS's rules refuse other fields; if AWS has added one, verify with a version of Coffer that knows it")
  }

  private var essentialRegisters: Finding {
    let missing = NitroRegister.essential.filter { registers[$0] == nil }
    return .rule(
      "nitro.registers", .executables, holds: missing.isEmpty,
      found: missing.isEmpty ? "\(registers.count) registers" : "no \(missing.map { "pcr\($0)" }.joined(separator: ", "))",
      wanted: "pcr0, pcr1 and pcr2 among them",
      remedy: "nothing says what the enclave runs: ask it for a document with all locked registers")
  }

  private func time(_ now: Date) -> Finding {
    .rule(
      "nitro.timestamp", .sourcedData, holds: issuedAt <= now + Self.clockSkew, found: "made at \(timestamp(issuedAt))",
      wanted: "not after \(timestamp(now)), \(Int(Self.clockSkew)) s allowed",
      remedy: "check this machine's clock, or the time given with --time")
  }

  private var notes: [Finding] {
    var notes: [Finding] = []
    if isDebug {
      notes.append(
        Finding(
          "nitro.debug", .noted, .configuration, found: "pcr0, pcr1 or pcr2 is zero: a debug enclave", wanted: "an enclave that is measured"
        ))
    }
    let headers = envelope.unprotectedHeader.asMap?.count ?? 0
    if headers > 0 {
      notes.append(Finding("nitro.unprotected", .noted, .sourcedData, found: "\(headers) unsigned headers, ignored", wanted: "none"))
    }
    if !trailingBytes.isEmpty {
      notes.append(
        Finding(
          "nitro.trailing", .noted, .sourcedData, found: "\(trailingBytes.count) unsigned bytes after the document, ignored", wanted: "none"
        ))
    }
    return notes
  }
}
