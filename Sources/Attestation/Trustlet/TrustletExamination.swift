import Crypto
import Foundation

extension TrustletEvidence {
  public func examine(in context: VerificationContext) -> Examination {
    var context = context
    var findings: [Finding] = [
      .rule(
        "coffer.trustlet-signature", .executables, holds: trustlet.message.isValid(for: monitor.key),
        found: "monitor's key SHA-256 \(hexadecimal(monitor.key.fingerprint))",
        wanted: "the signature of the key that the monitor's token names",
        remedy: Self.forged),
      .rule(
        "coffer.monitor-signature", .instanceIdentity, holds: monitor.message.isValid(for: nodeKey),
        found: "node's key SHA-256 \(hexadecimal(nodeKey.fingerprint))", wanted: "the signature of the node's key", remedy: Self.forged),
      .rule(
        "coffer.nonces", .sourcedData, holds: trustlet.nonce == monitor.nonce,
        found: "\(hexadecimal(trustlet.nonce)), monitor \(hexadecimal(monitor.nonce))",
        wanted: "one nonce at every level", remedy: Self.forged),
      .rule(
        "coffer.manifest", .configuration, holds: Array(SHA384.hash(data: manifest)) == claims.manifestDigest,
        found: "manifest SHA-384 \(hexadecimal(SHA384.hash(data: manifest)))",
        wanted: "\(hexadecimal(claims.manifestDigest)), as the trustlet's token has it",
        remedy: Self.forged),
    ]
    if claims.keyHolder != .instance {
      findings.append(
        Finding(
          "coffer.instance-key", .noted, .instanceIdentity, found: claims.keyHolder.finding,
          wanted: "a key made inside the instance, which nobody else has"))
    }
    var given = Endorsements()
    for file in endorsements {
      do {
        try given.add(file: file)
      } catch {
        findings.append(
          .rule(
            "coffer.endorsements", .instanceIdentity, holds: false, found: "\(error)", wanted: "certificates or collateral",
            remedy: "the node carries endorsements that cannot be read: configure it again"))
      }
    }
    context.endorsements.complete(with: given)
    var claims = claims
    claims.imageSigners = signatures.filter { $0.isValid(for: claims.imageMeasurement) }.map(\.key.fingerprint)
    if !signatures.isEmpty {
      findings.append(
        .rule(
          "coffer.image-signatures", .executables, holds: claims.imageSigners.count == signatures.count,
          found: "\(claims.imageSigners.count) of \(signatures.count) valid", wanted: "each a signature over this image's measurement",
          remedy: "sign this image, or leave signatures of other images out"))
    }
    var below = PlatformClaims(.none)
    if let platform {
      let examination = platform.examine(in: context)
      below = examination.platform
      findings.append(bindingFinding(below))
      findings += examination.findings.map { finding in
        var finding = finding
        finding.rule = "platform.\(finding.rule)"
        return finding
      }
    } else {
      findings.append(
        Finding(
          "coffer.platform", .noted, .hardware, found: "no platform: development evidence, whose keys anyone could have made",
          wanted: "a platform's report that binds the node's key"))
    }
    // Each level has a clock of its own; the age of all is that of the oldest.
    below.issuedAt = min(below.issuedAt ?? monitor.issuedAt, monitor.issuedAt)
    // RFC 9711, section 4.2.9: 1 and above say that debugging is off, in growing permanence. The monitor need not speak of it.
    let states = [trustlet.claims[EvidenceToken.Claim.debugStatus] ?? .unsigned(0), monitor.claims[EvidenceToken.Claim.debugStatus]]
    if states.contains(where: { state in state.map { !(1...4).contains($0.asInteger ?? 0) } ?? false }) { below.debug = true }
    return Examination(.trustlet, findings: findings, platform: below, trustlet: claims)
  }

  private static let forged = "this evidence was put together from pieces of others, or altered: ask the node for it again"

  private func bindingFinding(_ platform: PlatformClaims) -> Finding {
    let bound = PlatformBinding.data(nodeKey: nodeKey, nonce: monitor.nonce, path: noncePath, platform: platform.platform)
    let padding = platform.boundData.dropFirst(bound.count)
    return .rule(
      "coffer.platform-binding", .instanceIdentity, holds: platform.boundData.starts(with: bound) && padding.allSatisfy { $0 == 0 },
      found: "the platform's report binds \(hexadecimal(platform.boundData))",
      wanted: "\(hexadecimal(bound)): this node's key and this nonce\(noncePath == nil ? "" : ", one of several")",
      remedy: Self.forged)
  }
}

/// What a platform's report must carry for a node: its key and the relying party's nonce, so that neither can be exchanged.
public enum PlatformBinding {
  /// SHA-512 of `["coffer-node", key, nonce]` in deterministic CBOR; SHA-256 for a TPM, whose field is shorter.
  ///
  /// With a path it is `["coffer-node-batch", key, root]`, where the path leads from the nonce to the root.
  public static func data(nodeKey: VerificationKey, nonce: [UInt8], path: NoncePath? = nil, platform: PlatformKind) -> [UInt8] {
    let purpose = path == nil ? "coffer-node" : "coffer-node-batch"
    let bound = CBOREncoder.encode(
      .array([.text(purpose), .bytes(nodeKey.subjectPublicKeyInfo), .bytes(path?.root(from: nonce) ?? nonce)]))
    return platform == .tpm ? Array(SHA256.hash(data: bound)) : Array(SHA512.hash(data: bound))
  }
}
