import Foundation

/// Intel's collateral, judged, and the platform by it.
extension DCAPExamination {
  mutating func examineCollateral(_ pckChain: [EndorsementCertificate]) {
    let collateral = context.endorsements.dcap
    var missing: [String] = []
    if collateral?.tcbInformation == nil { missing.append("TCB info") }
    if collateral?.enclaveIdentity == nil { missing.append("identity of the quoting enclave") }
    if revocationLists.isEmpty { missing.append("revocation lists") }
    let kind = platform == .tdx ? "tdx" : "sgx"
    let authority = pckChain.first?.issuerName.contains("Processor") ?? false ? "processor" : "platform"
    let fmspc = certified.map { hexadecimal($0.fmspc) } ?? "FMSPC"
    check(
      "collateral", .hardware, holds: missing.isEmpty,
      found: missing.isEmpty
        ? "TCB info, the quoting enclave's identity and revocation lists" : "no \(missing.joined(separator: ", no ")): not judged",
      wanted: "Intel's collateral for \(certified == nil ? "the platform's FMSPC" : "FMSPC \(fmspc)")",
      remedy: "give it with --collateral: from Intel's provisioning service or your cache of it, "
        + "\(kind)/certification/v4/tcb?fmspc=\(fmspc), "
        + "\(kind)/certification/v4/qe/identity, sgx/certification/v4/pckcrl?ca=\(authority)&encoding=der, sgx/certification/v4/rootcacrl, "
        + "with the chains that signed them")
    guard let collateral else { return }
    // A chain that is the quote's own has been judged.
    let issuers = collateral.pckListIssuers
    if !issuers.isEmpty, issuers.map(\.bytes) != pckChain.dropFirst().map(\.bytes) {
      findings += CertificateChain(issuers).examine(for: platform, rule: "\(name).pck-crl", in: context)
    }
    let tcbSigners = signers(collateral.tcbInformationIssuers, pckChain)
    if let information = collateral.tcbInformation {
      examineSigners(tcbSigners, "tcb-signing")
      examine(information, tcbSigners, "tcb-info", information.content.issueDate, information.content.nextUpdate)
      examineSubject(information.content)
    }
    if let identity = collateral.enclaveIdentity {
      let signers = collateral.enclaveIdentityIssuers.isEmpty ? tcbSigners : signers(collateral.enclaveIdentityIssuers, pckChain)
      if collateral.tcbInformation == nil || signers.map(\.bytes) != tcbSigners.map(\.bytes) {
        examineSigners(signers, "qe-identity-signing")
      }
      examine(identity, signers, "qe-identity", identity.content.issueDate, identity.content.nextUpdate)
    }
    examineTrustedComputingBase(collateral)
  }

  /// The chain of Intel's signer of collateral: the one given with it, or of the certificates given beside.
  ///
  /// People hand about the signer's certificate by itself, for its root is Intel's one and the quote holds that: it is taken from there.
  private func signers(_ given: [EndorsementCertificate], _ pckChain: [EndorsementCertificate]) -> [EndorsementCertificate] {
    let beside = context.endorsements.certificates
    var chain = given
    if chain.isEmpty, let signer = beside.first(where: { $0.subjectName == Self.signerName }) { chain = [signer] }
    guard chain.count == 1, let signer = chain.first, !signer.isSelfIssued else { return chain }
    return chain + (beside + pckChain).filter { $0.isSelfIssued && $0.subject == signer.issuer }.prefix(1)
  }

  private static var signerName: String { "Intel SGX TCB Signing" }

  private mutating func examineSigners(_ certificates: [EndorsementCertificate], _ rule: String) {
    let lists = revocationLists
    findings += CertificateChain(certificates).examine(
      for: platform, rule: "\(name).\(rule)", revocation: lists.isEmpty ? .notChecked : .lists(lists), in: context)
    // A platform's key, or an issuer of such, must not pass for the signer of collateral.
    check(
      "\(rule).certificate", .hardware, holds: certificates.count == 2 && certificates.first?.subjectName == Self.signerName,
      found: certificates.isEmpty ? "no certificates" : certificates.map(\.subjectName).joined(separator: " < "),
      wanted: "\(Self.signerName) < a root",
      remedy: "give the chain that Intel sends with the collateral (in the headers of its answer)")
  }

  private mutating func examine<Content>(
    _ piece: DCAPCollateral.Signed<Content>, _ signers: [EndorsementCertificate], _ rule: String, _ issued: Date, _ nextUpdate: Date
  ) {
    let key = signers.first?.key
    let isSigned = key.map { context.isValidEndorsement(piece.signature, for: piece.text, key: $0, scheme: .ecdsa(.sha256)) } ?? false
    check(
      "\(rule).signature", .hardware, holds: isSigned,
      found: isSigned ? "\(Self.signerName)'s signature" : "no valid signature of \(Self.signerName)'s",
      wanted: "a signature over the text as it stands", remedy: "fetch the collateral again, and keep its text to the byte")
    check(
      "\(rule).validity", .hardware, holds: issued <= context.time && context.time <= nextUpdate,
      found: "in force from \(timestamp(issued)) to \(timestamp(nextUpdate))", wanted: "in force at \(timestamp(context.time))",
      remedy: "fetch the current collateral, or verify at the time of the evidence with --time")
  }

  /// That the TCB info speaks of this platform.
  private mutating func examineSubject(_ information: TCBInformation) {
    let id = platform == .tdx ? "TDX" : "SGX"
    let found = "\(information.id), FMSPC \(hexadecimal(information.fmspc)), PCE id \(hexadecimal(information.pceID))"
    let wanted = certified.map { "\(id), FMSPC \(hexadecimal($0.fmspc)), PCE id \(hexadecimal($0.pceID))" }
    check(
      "tcb-info.platform", .hardware, holds: found == wanted, found: found,
      wanted: wanted ?? "\(id), and a platform's certificate to compare with",
      remedy: "give the TCB info of this platform's FMSPC")
  }

  private mutating func examineTrustedComputingBase(_ collateral: DCAPCollateral) {
    var parts: [TCBAppraisal.Judgement] = []
    if let identity = collateral.enclaveIdentity?.content, let part = examineQuotingEnclave(identity) { parts.append(part) }
    guard let information = collateral.tcbInformation?.content, let certified else { return }
    if let identity = collateral.enclaveIdentity?.content {
      findings.append(
        Finding(
          "\(name).tcb-evaluation", .noted, .hardware,
          found: "TCB info \(information.evaluationDataNumber), quoting enclave's identity \(identity.evaluationDataNumber)",
          wanted: "the numbers of Intel's evaluations that the collateral follows"))
    }
    if let trustDomain {
      do throws(TCBAppraisal.Mismatch) {
        var modules: [TCBAppraisal.Judgement] = []
        for versions in trustDomain.tcbVersions {
          if let module = try TCBAppraisal.module(trustDomain, versions, in: information) { modules.append(module) }
        }
        check(
          "module", .hardware, holds: !modules.contains { $0.status == .revoked },
          found: modules.isEmpty ? "the TDX module of Intel's" : modules.map { "\($0.level): \($0.status.rawValue)" }.joined(separator: "; now "),
          wanted: "Intel's TDX module, not revoked", remedy: "do not trust this machine until its TDX module is updated")
        parts += modules
      } catch {
        check(
          "module", .hardware, holds: false, found: error.found, wanted: error.wanted,
          remedy: "use a machine with a TDX module that Intel's TCB info names")
        return
      }
    }
    do {
      for versions in trustDomain.map({ $0.tcbVersions.map(Optional.some) }) ?? [nil] {
        parts.append(try TCBAppraisal.platform(certified, versions, in: information))
      }
    } catch {
      check(
        "tcb", .hardware, holds: false, found: error.found, wanted: error.wanted,
        remedy: "use a machine whose firmware Intel's TCB info covers, or current collateral")
      return
    }
    conclude(parts)
  }

  private mutating func examineQuotingEnclave(_ identity: EnclaveIdentity) -> TCBAppraisal.Judgement? {
    let remedy = "use a quote of Intel's quoting enclave for this platform, and the identity for it (QE for SGX, TD_QE for TDX)"
    let id = platform == .tdx ? "TD_QE" : "QE"
    do throws(TCBAppraisal.Mismatch) {
      guard identity.id == id else { throw TCBAppraisal.Mismatch(found: "the identity \(identity.id)", wanted: id) }
      try TCBAppraisal.check(quote.quotingEnclave, identity)
      let judgement = try TCBAppraisal.enclave(quote.quotingEnclave.securityVersion, identity.levels, "quoting enclave")
      check(
        "quoting-enclave", .hardware, holds: judgement.status != .revoked, found: "\(judgement.level): \(judgement.status.rawValue)",
        wanted: "the enclave of the identity \(id), not revoked", remedy: "do not trust this machine until its quoting enclave is updated")
      return judgement
    } catch {
      check("quoting-enclave", .hardware, holds: false, found: error.found, wanted: error.wanted, remedy: remedy)
    }
    return nil
  }

  /// The status of all parts together. What is enough is the policy's to say, but for what Intel revoked.
  private mutating func conclude(_ parts: [TCBAppraisal.Judgement]) {
    let status = parts.reduce(TCBStatus.upToDate) { $0.converged(with: $1.status) }
    let advisories = Set(parts.flatMap(\.advisories)).sorted()
    trustedComputingBase = .status(status.rawValue, advisories: advisories)
    var found = "\(status.rawValue), \(parts.last?.level ?? "")"
    if !advisories.isEmpty { found += ", advisories \(advisories.joined(separator: ", "))" }
    if status == .revoked {
      check(
        "tcb", .hardware, holds: false, found: found, wanted: "a level that is not revoked",
        remedy: "do not trust this machine until its firmware is updated")
    } else {
      let outcome = status == .upToDate ? Finding.Outcome.satisfied : .noted
      findings.append(Finding("\(name).tcb", outcome, .hardware, found: found, wanted: TCBStatus.upToDate.rawValue))
    }
  }
}
