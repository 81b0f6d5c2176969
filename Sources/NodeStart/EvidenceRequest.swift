/// A request for the machine's evidence, from anybody on the network: `GET /evidence?nonce=HEX HTTP/1.1`.
package struct EvidenceRequest: Equatable, Sendable {
  /// All of a request that is read.
  package static let limit = 4096
  /// Fewer bytes could be guessed. With more, whoever asks could have the hash of a key of his own signed, as if the node had bound it (`PlatformBinding`, a
  /// broker's runtime data): half of the shortest field, a TPM's 32 bytes, stays zero, as no hash does.
  static let nonceSize = 16

  package let nonce: [UInt8]

  /// - Parameter bytes: the request up to the empty line that ends its head; what follows is left out.
  package init(_ bytes: [UInt8]) throws(EvidenceRefusal) {
    guard let end = bytes.firstIndex(of: 0x0D), let line = String(validating: bytes[..<end], as: UTF8.self) else { throw .malformed }
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else { throw .malformed }
    guard words[0] == "GET" else { throw .wrongMethod }
    let prefix = "/evidence?nonce="
    guard words[1].hasPrefix(prefix) else { throw .notHere }
    guard let nonce = Self.bytes(words[1].utf8.dropFirst(prefix.utf8.count)), nonce.count == Self.nonceSize else { throw .noNonce }
    self.nonce = nonce
  }

  /// Whether the head is whole.
  package static func isComplete(_ bytes: [UInt8]) -> Bool { bytes.suffix(4) == [0x0D, 0x0A, 0x0D, 0x0A] }

  private static func bytes(_ digits: Substring.UTF8View.SubSequence) -> [UInt8]? {
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      let value: UInt8
      switch digit {
      case 0x30...0x39: value = digit - 0x30
      case 0x41...0x46: value = digit - 0x41 + 10
      case 0x61...0x66: value = digit - 0x61 + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}

/// Why there is no evidence.
package enum EvidenceRefusal: Error, Equatable, Sendable {
  case malformed
  case wrongMethod
  case notHere
  case noNonce
  case noPlatform(String)
  /// Others have been asking all the time.
  case busy
}

/// What goes back.
package enum EvidenceAnswer {
  /// - Parameter format: as `Attestation` names it.
  package static func evidence(_ bytes: [UInt8], format: String) -> [UInt8] {
    head("200 OK", "application/vnd.coffer.\(format)", bytes.count) + bytes
  }

  package static func refusal(_ reason: EvidenceRefusal) -> [UInt8] {
    let (status, text) =
      switch reason {
      case .malformed: ("400 Bad Request", "this is no request of HTTP/1.1")
      case .wrongMethod: ("405 Method Not Allowed", "evidence is got by GET")
      case .notHere: ("404 Not Found", "only /evidence?nonce=HEX is here")
      case .noNonce: ("400 Bad Request", "nonce: expected 16 bytes, as 32 hexadecimal digits")
      case .noPlatform(let found): ("503 Service Unavailable", found)
      case .busy: ("503 Service Unavailable", "too many ask for evidence at the moment; ask again")
      }
    let body = Array("\(text)\n".utf8)
    return head(status, "text/plain", body.count) + body
  }

  private static func head(_ status: String, _ type: String, _ count: Int) -> [UInt8] {
    Array("HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(count)\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n".utf8)
  }
}
