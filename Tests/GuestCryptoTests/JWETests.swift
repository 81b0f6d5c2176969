import Crypto
import Foundation
import GuestCrypto
import Testing

@Suite struct JWETests {
  static func key() throws -> GuestCrypto.P256.PrivateKey { try AgreementTests.privateKey(hex(JWESamples.privateKey)) }

  @Test(
    arguments: [
      (JWESamples.compact, JWESamples.compactText), (JWESamples.flattened, JWESamples.flattenedText),
      (JWESamples.withData, JWESamples.withDataText), (JWESamples.shortCoordinate, JWESamples.shortCoordinateText),
    ]) func opensWhatOthersMade(message: String, text: String) throws {
    let message = try JWE(Array(message.utf8))
    #expect(message.count == text.utf8.count)
    #expect(try message.open(with: Self.key()).array == Array(text.utf8))
  }

  /// Every single character of every part counts: another one is an error, when it is read or when it is opened.
  @Test(arguments: [JWESamples.compact, JWESamples.flattened, JWESamples.withData]) func everyChangeIsRefused(message: String) throws {
    let bytes = Array(message.utf8)
    let text = try JWE(bytes).open(with: Self.key()).array
    var (unread, notAuthentic, harmless) = (0, 0, 0)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1
      guard let read = try? JWE(changed) else {
        unread += 1
        continue
      }
      do {
        // What is changed in JSON's own spelling, or in what is not authenticated, changes nothing.
        #expect(try read.open(with: Self.key()).array == text, "byte \(index)")
        #expect(message.first == "{", "byte \(index)")
        harmless += 1
      } catch {
        #expect(error as? JWEError == .notAuthentic)
        notAuthentic += 1
      }
    }
    #expect(notAuthentic > 100)
    #expect(unread > 0)
    #expect(harmless < 20)
  }

  @Test func aMessageForAnotherKeyIsNotOpened() throws {
    let other = try AgreementTests.privateKey([UInt8](repeating: 1, count: 32))
    #expect(throws: JWEError.notAuthentic) { _ = try JWE(Array(JWESamples.compact.utf8)).open(with: other) }
  }

  @Test func noPrefixIsAMessage() {
    for sample in [JWESamples.compact, JWESamples.flattened] {
      let bytes = Array(sample.utf8)
      for count in bytes.indices {
        let prefix = Array(bytes[..<count])
        if let read = try? JWE(prefix) {
          #expect(throws: JWEError.self) { _ = try read.open(with: Self.key()) }
        }
      }
    }
  }

  @Test func aLongTextIsNotRead() {
    let bytes = Array(JWESamples.compact.utf8)
    #expect(throws: JWEError.tooLong(bytes.count, limit: bytes.count - 1)) { _ = try JWE(bytes, limit: bytes.count - 1) }
    #expect(throws: Never.self) { _ = try JWE(bytes, limit: bytes.count) }
  }

  /// Headers that ask for something else, or for nothing.
  @Test(
    arguments: [
      (#"{"enc":"A256GCM","epk":KEY}"#, JWEError.missing(.algorithm)), (#"{"alg":"ECDH-ES+A256KW","epk":KEY}"#, .missing(.encryption)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM"}"#, .missing(.ephemeralKey)),
      (#"{"alg":"RSA-OAEP","enc":"A256GCM","epk":KEY}"#, .unsupported(.algorithm)),
      (#"{"alg":"dir","enc":"A256GCM","epk":KEY}"#, .unsupported(.algorithm)),
      (#"{"alg":null,"enc":"A256GCM","epk":KEY}"#, .missing(.algorithm)), (#"{"alg":["ECDH-ES+A256KW"],"enc":"A256GCM","epk":KEY}"#, .missing(.algorithm)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A128GCM","epk":KEY}"#, .unsupported(.encryption)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":KEY,"crit":["exp"]}"#, .unsupported(.critical)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","zip":"DEF","epk":KEY}"#, .unsupported(.compression)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":"KEY"}"#, .missing(.ephemeralKey)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"crv":"P-256","x":"AA","y":"AA"}}"#, .missing(.keyType)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"kty":"OKP","crv":"X25519","x":"AA"}}"#, .unsupported(.keyType)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}}"#, .unsupported(.curve)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"kty":"EC","crv":"P-256","x":"AA"}}"#, .missing(.y)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"kty":"EC","crv":"P-256","x":"","y":"AA"}}"#, .wrongSize(.x, found: 0, expected: 32)),
      (#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}"#, .notAPoint),
      (#"{"alg":"ECDH-ES+A256KW","alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":KEY}"#, .malformed(.duplicate, at: 30, in: .header)),
      (#"{"alg":"ECDH-ES\u002bA256KW","enc":"A256GCM","epk":KEY}"#, .malformed(.escape, at: 15, in: .header)),
      (#"{"alg":"ECDH-ES+A256KW"} "#, .missing(.encryption)), (#"{"alg":"ECDH-ES+A256KW"} {"#, .malformed(.textBehindTheEnd, at: 25, in: .header)),
      ("[]", .malformed(.expectedObject, at: 0, in: .header)), ("", .malformed(.expectedObject, at: 0, in: .header)),
    ]) func otherHeadersAreRefused(header: String, error: JWEError) throws {
    let generator = try AgreementTests.privateKey([UInt8](repeating: 0, count: 31) + [1]).publicKey()
    let (x, y) = (encode(generator.x), encode(generator.y))
    let header = header.replacing("KEY", with: #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"}"#)
    let parts = JWESamples.compact.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let message = ([encode(Array(header.utf8))] + parts.dropFirst()).joined(separator: ".")
    #expect(throws: error) { _ = try JWE(Array(message.utf8)) }
  }

  /// What surrounds the parts, as JSON.
  @Test(
    arguments: [
      ("{}", JWEError.missing(.protectedHeader)), (#"{"protected":"e30"}"#, .missing(.algorithm)), (#"{"protected":5}"#, .missing(.protectedHeader)),
      (#"{"protected":"e30","protected":"e30"}"#, .malformed(.duplicate, at: 31, in: .message)),
      (#"{"protected":"e3=="}"#, .malformed(.base64, at: 14, in: .message)), (#"{"protected":"e31"}"#, .malformed(.base64, at: 14, in: .message)),
      (#"{"a":\#(String(repeating: "[", count: 10_000))"#, .malformed(.nesting, at: 21, in: .message)),
      (#"{"a":01}"#, .malformed(.expectedCommaOrEnd, at: 6, in: .message)), (#"{"a":-}"#, .malformed(.expectedValue, at: 6, in: .message)),
      (#"{"a":1e}"#, .malformed(.expectedValue, at: 7, in: .message)), (#"{"a":tru}"#, .malformed(.expectedValue, at: 5, in: .message)),
      (#"{"a":"\x"}"#, .malformed(.escape, at: 7, in: .message)), (#"{"a":"\u00g0"}"#, .malformed(.escape, at: 7, in: .message)),
      ("{\"a\":\"\u{1}\"}", .malformed(.control, at: 6, in: .message)), (#"{"a" 1}"#, .malformed(.expectedColon, at: 5, in: .message)),
      (#"{"a":1"#, .malformed(.endOfText, at: 6, in: .message)), (#"{"protected":"ä"}"#, .malformed(.notASCII, at: 14, in: .message)),
      (#"{a:1}"#, .malformed(.expectedString, at: 1, in: .message)), (#"{"a":[1 2]}"#, .malformed(.expectedCommaOrEnd, at: 8, in: .message)),
      ("a.b.c.d", .malformed(.parts, at: 7, in: .message)), ("a.b.c.d.e.f", .malformed(.parts, at: 9, in: .message)), ("", .malformed(.parts, at: 0, in: .message)),
    ]) func otherTextsAreRefused(text: String, error: JWEError) {
    #expect(throws: error) { _ = try JWE(Array(text.utf8)) }
  }

  @Test func membersOfOtherKindsAreSkipped() throws {
    let more = #"{"x":{"y":[1.5e+3,-0,true,false,null,"\"\u00e9\/",{}],"z":[]},"recipients":[],"#
    #expect(try JWE(Array((more + JWESamples.flattened.dropFirst()).utf8)).open(with: Self.key()).array == Array(JWESamples.flattenedText.utf8))
  }

  @Test(arguments: [("encrypted_key", JWEError.Member.encryptedKey), ("iv", .nonce), ("tag", .tag), ("ciphertext", .ciphertext)])
  func everyPartIsNeededWithItsSize(name: String, member: JWEError.Member) throws {
    let object = try #require(JSONSerialization.jsonObject(with: Data(JWESamples.flattened.utf8)) as? [String: Any])
    var without = object
    without[name] = nil
    #expect(throws: JWEError.missing(member)) { _ = try JWE(Array(JSONSerialization.data(withJSONObject: without))) }
    guard member != .ciphertext else { return }
    var shorter = object
    shorter[name] = "AAAA"
    let expected = [JWEError.Member.encryptedKey: 40, .nonce: 12, .tag: 16][member, default: 0]
    #expect(throws: JWEError.wrongSize(member, found: 3, expected: expected)) { _ = try JWE(Array(JSONSerialization.data(withJSONObject: shorter))) }
  }

  @Test func errorsSayWhatIsWrong() {
    #expect("\(JWEError.unsupported(.algorithm))".contains("ECDH-ES+A256KW"))
    #expect("\(JWEError.malformed(.endOfText, at: 17, in: .header))" == "the header of the encrypted message cannot be read: at byte 17, the text ends too early")
    #expect("\(CryptographyError.wrongSize("the nonce", found: 3, expected: 12))" == "the nonce has 3 bytes, and must have 12")
  }

  private func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
