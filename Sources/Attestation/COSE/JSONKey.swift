import Foundation

extension VerificationKey {
  /// A public key as JSON has it (RFC 7517, RFC 7518 section 6.2, RFC 8037): the tools around Arm's tokens keep platform keys so.
  /// Nil for JSON that is no key.
  init?(jsonKey members: [JSONScanner.Member]) throws(MalformedEvidence) {
    let structure = "key in JSON"
    func text(_ name: String) -> String? {
      members.first { $0.name == name }.flatMap { try? JSONDecoder().decode(String.self, from: Data($0.value)) }
    }
    guard let type = text("kty") else { return nil }
    // Private parts belong to nobody who reads this.
    guard !members.contains(where: { $0.name == "d" }) else {
      throw MalformedEvidence(structure, found: "a private key", wanted: "a public key, without d")
    }
    func coordinate(_ name: String, _ length: Int) throws(MalformedEvidence) -> [UInt8] {
      let standard = (text(name) ?? "").map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
      let padded = String(standard) + String(repeating: "=", count: (4 - standard.count % 4) % 4)
      guard let data = Data(base64Encoded: padded), data.count == length else {
        throw MalformedEvidence("\(structure), \(name)", found: "\(standard.count) characters", wanted: "\(length) bytes in base64url")
      }
      return Array(data)
    }
    switch (type, text("crv")) {
    case ("EC", "P-256"): try self.init(point: coordinate("x", 32) + coordinate("y", 32))
    case ("EC", "P-384"): try self.init(point: coordinate("x", 48) + coordinate("y", 48))
    case ("EC", "P-521"): try self.init(point: coordinate("x", 66) + coordinate("y", 66))
    case ("OKP", "Ed25519"): try self.init(ed25519: coordinate("x", 32))
    case (_, let curve):
      throw MalformedEvidence(
        structure, found: "kty \(type), crv \(curve ?? "none")", wanted: "EC on P-256, P-384 or P-521, or Ed25519")
    }
  }
}
