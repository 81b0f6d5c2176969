import Foundation
import GuestCrypto
import SeededNumbers
import Testing

/// Bytes from hexadecimal digits; spaces and line ends between them are for the reader.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(16 * digits[$0] + digits[$0 + 1]) }
}

extension SeededGenerator {
  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

extension SecretBytes {
  var array: [UInt8] { withBytes { Array($0) } }
}

extension AES256 {
  static func key(_ bytes: [UInt8], _ backend: Backend = .best) throws(CryptographyError) -> AES256 {
    try bytes.withRawBytes { (bytes) throws(CryptographyError) in try AES256(key: bytes, backend: backend) }
  }

  func seal(_ text: [UInt8], nonce: [UInt8], associated: [UInt8]) throws -> (text: [UInt8], tag: [UInt8]) {
    let nonce = try nonce.withRawBytes { (bytes) throws(CryptographyError) in try Nonce(bytes) }
    var output = [UInt8](repeating: 0xaa, count: text.count)
    let tag = try output.withUnsafeMutableBytes { output in
      try text.withUnsafeBytes { text in
        try associated.withUnsafeBytes { try seal(text, into: output, nonce: nonce, associated: $0) }
      }
    }
    return (output, tag.bytes)
  }

  /// - Parameter output: What the output was before, and is afterwards.
  func open(_ text: [UInt8], nonce: [UInt8], associated: [UInt8], tag: [UInt8], output: inout [UInt8]) throws {
    let nonce = try nonce.withRawBytes { (bytes) throws(CryptographyError) in try Nonce(bytes) }
    let tag = try tag.withRawBytes { (bytes) throws(CryptographyError) in try Tag(bytes) }
    try output.withUnsafeMutableBytes { output in
      try text.withUnsafeBytes { text in
        try associated.withUnsafeBytes { try open(text, into: output, nonce: nonce, associated: $0, tag: tag) }
      }
    }
  }
}

/// Folders of other people's vectors, none of which is copied into the project.
enum VectorFile {
  /// From the project's root, where tests run.
  static func path(_ name: String) -> String? {
    let folders = ["../shared/vectors/crypto/", ".build/checkouts/swift-crypto/Tests/Test Vectors/"]
    return folders.map { $0 + name }.first { FileManager.default.fileExists(atPath: $0) }
  }

  static func isThere(_ name: String) -> Bool { path(name) != nil }

  static func read<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: #require(path(name)))))
  }
}
