// sources: Sources/StrictYAML Sources/Attestation
// packages: CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims CYaml Crypto CryptoBoringWrapper CryptoExtras
// packages: SwiftASN1 X509 Yams _CertificateInternals _CryptoExtras
// seed: 0002000000
// seed: 0005000000070000000000030000000000
// seed: 01c0b406a4a803495297433fb6014cd0ae3000000004000000000000000000000000000000000000000000000000000000000000003082
// seed: 027b226b657973223a5b7b226b6964223a2248434c416b507562222c226e223a224151227d5d2c2276223a7b2261223a747275657d7d
// seed: 033078303230300a
import Attestation
import Foundation

private let context = VerificationContext(time: Date(timeIntervalSince1970: 1_800_000_000), signatures: SignatureCache())

/// Reports, certificate tables, runtime data in Azure's blob and evidence as text, whatever the bytes are. The first byte says which; what
/// has a fixed size is filled up, so that every byte of the input is read.
@_cdecl("LLVMFuzzerTestOneInput")
public func judge(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let first = input.first else { return 0 }
  let rest = Array(input.dropFirst())
  switch first & 3 {
  case 0: judge(SNPReport.self, rest + [UInt8](repeating: 0, count: max(0, SNPReport.size - rest.count)))
  case 1:
    _ = try? SNPCertificateTable(decoding: rest)
    var endorsements = Endorsements()
    try? endorsements.add(file: rest)
    judge(SNPReport.self, report + rest)
  case 2:
    judge(AzureSNPEvidence.self, rest)
    let lengths = [UInt32(20 + rest.count), 1, 2, UInt32(first >> 2), UInt32(rest.count)]
    judge(AzureSNPEvidence.self, header + report + lengths.flatMap(littleEndian) + rest)
  default:
    let bytes = evidenceBytes(file: rest)
    precondition(bytes.count <= rest.count, "more bytes than digits")
    judge(SNPReport.self, bytes)
  }
  return 0
}

private let report: [UInt8] = [2] + [UInt8](repeating: 0, count: SNPReport.size - 1)
private let header: [UInt8] = Array("HCLA".utf8) + [UInt8](repeating: 0, count: 28)

private func littleEndian(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

private func judge(_ format: any AttestationEvidence.Type, _ bytes: [UInt8]) {
  _ = format.resembles(bytes)
  guard let evidence = try? format.init(decoding: bytes) else { return }
  precondition(!evidence.fields.isEmpty, "evidence without fields")
  precondition(!evidence.examine(in: context).isGenuine, "forged evidence is genuine")
}
