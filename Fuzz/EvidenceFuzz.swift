// sources: Sources/StrictYAML Sources/Attestation
// packages: CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims CYaml Crypto CryptoBoringWrapper CryptoExtras
// packages: SwiftASN1 X509 Yams _CertificateInternals _CryptoExtras
// seed: d9018fa219acca40
// seed: d9038ba219acca8219010740
// seed: 8444a1013822a040
// seed: 02000000
// seed: 05000000070000000000030000000000
// seed: c0b406a4a803495297433fb6014cd0ae3000000004000000000000000000000000000000000000000000000000000000000000003082
// seed: 7b226b657973223a5b7b226b6964223a2248434c416b507562222c226e223a224151227d5d2c2276223a7b2261223a747275657d7d
// seed: 3078303230300a
// seed: 03000200000000000000000000000000939a7233f79c4ca9940a0db3957f0607
// seed: ff54434780180000
// seed: 7b227463625f696e666f223a227b7d227d
// seed: 2d2d2d2d2d424547494e2043455254494649434154452d2d2d2d2d0a4d4141410a2d2d2d2d2d454e442043455254494649434154452d2d2d2d2d
// seed: 706c6174666f726d733a207b7365762d736e703a207b6d696e696d756d2d7463623a207b736e703a20387d7d7d
import Attestation
import Foundation

private let context = VerificationContext(time: Date(timeIntervalSince1970: 1_800_000_000), signatures: SignatureCache())

/// Evidence of every format, what is given beside it, and policies, whatever the bytes are: decoded, shown and judged, and never genuine, since no seed
/// is. What has a fixed size is also filled up, so that a short input reaches all of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func judge(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  let text = evidenceBytes(file: input)
  precondition(text.count <= input.count, "more bytes than digits")
  _ = EvidenceFormat.detect(text)
  for format in EvidenceFormat.allCases { judge(format, text) }
  judge(.sevSNP, input + [UInt8](repeating: 0, count: max(0, reportSize - input.count)))
  judge(.sevSNP, report + input)
  judge(.azureSEVSNP, header + report + [UInt32(20 + input.count), 1, 2, 1, UInt32(input.count)].flatMap(littleEndian) + input)
  var endorsements = Endorsements()
  try? endorsements.add(file: input)
  if let policy = String(validating: input, as: UTF8.self) { _ = try? Policy(yaml: policy) }
  return 0
}

private let reportSize = 1184
private let report: [UInt8] = [2] + [UInt8](repeating: 0, count: reportSize - 1)
private let header: [UInt8] = Array("HCLA".utf8) + [UInt8](repeating: 0, count: 28)

private func littleEndian(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

private func judge(_ format: EvidenceFormat, _ bytes: [UInt8]) {
  guard let evidence = try? format.decode(bytes) else { return }
  precondition(!evidence.fields.isEmpty, "evidence without fields")
  let examination = evidence.examine(in: context)
  precondition(!examination.findings.isEmpty, "evidence that nothing was asked of")
  // Coffer's evidence without a platform is genuine as far as it goes.
  precondition(!examination.isGenuine || examination.platform.platform == .none, "forged evidence is genuine")
  _ = Policy.draft(from: examination)
}
