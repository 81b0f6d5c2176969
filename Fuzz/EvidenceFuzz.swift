// sources: Sources/StrictYAML Sources/Attestation
// packages: CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims CYaml Crypto CryptoBoringWrapper CryptoExtras
// packages: SwiftASN1 X509 Yams _CertificateInternals _CryptoExtras
// seed: d9018fa219acca40
// seed: d9038ba219acca8219010740
// seed: 8444a1013822a040
import Attestation
import Foundation

private let context = VerificationContext(time: Date(timeIntervalSince1970: 1_800_000_000), signatures: SignatureCache())

/// Evidence of every format, whatever the bytes are: decoded, shown and judged, and never accepted, since no seed is.
@_cdecl("LLVMFuzzerTestOneInput")
public func judge(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  _ = EvidenceFormat.detect(input)
  for format in EvidenceFormat.allCases {
    guard let evidence = try? format.decode(input) else { continue }
    precondition(!evidence.fields.isEmpty, "evidence without fields")
    precondition(!evidence.examine(in: context).findings.isEmpty, "evidence that nothing was asked of")
  }
  return 0
}
