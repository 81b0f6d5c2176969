import Attestation
import DevelopmentEvidence
import Foundation
import StrictYAML
import Testing

/// Files that cannot be used: each is refused in words for people, and none by what a library says to its own authors.
@Suite struct UnusableCollateralTests {
  private static let certificate = try? CertificateMaker(name: "Test root", key: .p256()).rootCertificate(
    notBefore: Date(timeIntervalSince1970: 0), notAfter: Date(timeIntervalSince1970: 1))

  private func complaint(_ file: [UInt8]) -> String {
    var endorsements = Endorsements()
    let error = #expect(throws: MalformedEvidence.self) { try endorsements.add(file: file) }
    return error?.description ?? ""
  }

  private func pem(_ body: String, begin: String = "-----BEGIN CERTIFICATE-----", end: String = "-----END CERTIFICATE-----") -> [UInt8] {
    Array("\(begin)\n\(body)\n\(end)\n".utf8)
  }

  @Test func damagedPEMIsNamed() {
    #expect(complaint(pem("AAAA", end: "")).contains("found PEM that has no END line"))
    #expect(complaint(pem("AAAA", end: "-----END X509 CRL-----")).contains("not base64 in lines of 64 characters"))
    #expect(complaint(pem("A*AA")).contains("not base64 in lines of 64 characters"))
    #expect(complaint(pem("AAAA", begin: "-----BEGIN CERTIFICATE", end: "")).contains("no BEGIN line that is whole"))
  }

  @Test func damagedDERIsNamed() throws {
    let whole = try #require(Self.certificate)
    for length in [5, 40, whole.count - 1] {
      let body = Data(whole.prefix(length)).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
      let text = complaint(pem(body))
      #expect(text == "certificate: found DER that ends early or is not what it should be, wanted a certificate in DER")
      let list = pem(body, begin: "-----BEGIN X509 CRL-----", end: "-----END X509 CRL-----")
      #expect(complaint(list) == "revocation list: found DER that ends early or is not what it should be, wanted a list in DER")
    }
    // DER whose outside is whole: what is signed is a set, not a sequence.
    var other = whole
    other[4] ^= 1
    #expect(complaint(other).contains("found DER that ends early or is not what it should be"))
  }

  @Test func collateralIsAtMost16MiB() {
    let limit = 16 * 1024 * 1024
    #expect(complaint([UInt8](repeating: 0, count: limit + 1)) == "collateral: found \(limit + 1) bytes, wanted at most \(limit)")
    #expect(complaint([UInt8](repeating: 0, count: limit)).contains("beginning 0000000000000000"))
  }

  @Test func evidenceOfATrustletIsAtMost1MiB() {
    let mark = Array(TrustletEvidence.collectionType.utf8)
    let most = mark + [UInt8](repeating: 0, count: 1024 * 1024 - mark.count)
    #expect(EvidenceFormat.detect(most) == .trustlet)
    #expect(EvidenceFormat.detect(most + [0]) != .trustlet)
  }
}

@Suite struct StrictYAMLTests {
  @Test func aPolicyIsAtMost1MiB() throws {
    let comment = "#" + String(repeating: "x", count: 1024 * 1024 - 1)
    #expect(try Policy(yaml: comment) == Policy())
    let error = #expect(throws: StrictYAMLError.self) { try Policy(yaml: comment + "x") }
    #expect(error?.kind == .excess && error?.message == "the policy has 1048577 bytes, more than 1048576")
  }

  @Test func onlyANearNameIsSuggested() {
    let names = ["platforms", "age", "cpu-time"]
    let near = [("plattforms", "platforms"), ("Platform", "platforms"), ("agee", "age"), ("cputime", "cpu-time"), ("aje", "age")]
    for (wanted, name) in near {
      #expect(nearestName(to: wanted, among: names) == name)
    }
    for wanted in ["", "x", "ag", "generator", "time", String(repeating: "a", count: 1000)] {
      #expect(nearestName(to: wanted, among: names) == nil, "\(wanted)")
    }
    #expect(nearestName(to: "age", among: []) == nil)
  }
}
