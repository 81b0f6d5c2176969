import Crypto
import Testing
import TrustletImage

/// The hash that images are read with, against swift-crypto, with which they are built.
@Suite struct PlainSHA384Tests {
  private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ $0 >> 3) } }

  private func digest(_ bytes: [UInt8], piece: Int) -> [UInt8] {
    var hash = PlainSHA384()
    bytes.withUnsafeBytes { buffer in
      for start in stride(from: 0, to: buffer.count, by: piece) {
        hash.update(UnsafeRawBufferPointer(rebasing: buffer[start..<min(start + piece, buffer.count)]))
      }
    }
    return hash.finish()
  }

  @Test func publishedValue() {
    let text = digest(Array("abc".utf8), piece: 3).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    #expect(
      text == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7")
  }

  /// Around every boundary of a block and of its length field.
  @Test func agreesForEveryLength() {
    let all = bytes(400)
    for count in 0...all.count {
      let part = Array(all.prefix(count))
      #expect(digest(part, piece: 400) == Array(SHA384.hash(data: part)), "\(count) bytes")
    }
  }

  @Test(arguments: [1, 7, 64, 127, 128, 129, 1000])
  func agreesHoweverItIsCut(piece: Int) {
    let all = bytes(5000)
    #expect(digest(all, piece: piece) == Array(SHA384.hash(data: all)))
  }
}
