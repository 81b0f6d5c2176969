import Foundation

/// A service's answer as `curl -i` or `curl -D` writes it: Intel sends the chain of what it signs in a header
/// (`TCB-Info-Issuer-Chain`, `SGX-Enclave-Identity-Issuer-Chain`, `SGX-PCK-CRL-Issuer-Chain`), as percent-encoded PEM, and not in the
/// body. A file of nothing but such a chain is read too.
struct HTTPAnswer {
  /// PEM, one text for each header that holds certificates.
  let chains: [String]
  let body: [UInt8]

  private static let begin = "-----BEGIN%20"

  /// Nil for bytes that are no answer.
  init?(_ bytes: [UInt8]) {
    let isWhole = bytes.starts(with: "HTTP/".utf8)
    guard isWhole || bytes.starts(with: Self.begin.utf8) || Self.isHeader(bytes) else { return nil }
    let end = isWhole || Self.isHeader(bytes) ? Self.endOfHeaders(bytes) : bytes.count
    var chains: [String] = []
    for line in bytes[..<end].split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      guard let text = String(validating: line, as: UTF8.self), let start = text.range(of: Self.begin) else { continue }
      if let plain = text[start.lowerBound...].removingPercentEncoding { chains.append(plain) }
    }
    guard isWhole || !chains.isEmpty else { return nil }
    self.chains = chains
    body = Array(bytes[end...])
  }

  /// One of Intel's headers, alone or among others.
  private static func isHeader(_ bytes: [UInt8]) -> Bool {
    let line = bytes.prefix { $0 != 0x0a }
    return String(validating: line, as: UTF8.self).map { $0.lowercased().contains("issuer-chain:") } ?? false
  }

  /// Where the body begins: after the first empty line, or nowhere.
  private static func endOfHeaders(_ bytes: [UInt8]) -> Int {
    for index in bytes.indices where bytes[index] == 0x0a {
      let rest = bytes[(index + 1)...]
      if rest.starts(with: [0x0a]) { return index + 2 }
      if rest.starts(with: [0x0d, 0x0a]) { return index + 3 }
    }
    return bytes.count
  }
}
