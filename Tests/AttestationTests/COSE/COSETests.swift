import Attestation
import Crypto
import Foundation
import Testing

/// A case of the COSE working group's examples.
private struct COSECase: Decodable {
  struct Input: Decodable {
    struct Sign: Decodable {
      struct Key: Decodable { var x: String, y: String }
      var key: Key
      var alg: String
      var external: String?
    }
    var sign0: Sign
  }
  struct Intermediates: Decodable { var ToBeSign_hex: String }
  struct Output: Decodable { var cbor: String }
  var title: String
  var fail: Bool?
  var input: Input
  var intermediates: Intermediates
  var output: Output

  var key: VerificationKey {
    get throws {
      func coordinate(_ text: String) throws -> [UInt8] {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        return Array(try #require(Data(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4))))
      }
      return try VerificationKey(point: coordinate(input.sign0.key.x) + coordinate(input.sign0.key.y))
    }
  }
}

@Suite(.enabled(if: Vectors.areThere, "../shared/vectors is missing: 9 COSE cases not read"))
struct COSEVectorTests {
  private static let names = [
    "sign-pass-01", "sign-pass-02", "sign-pass-03", "sign-fail-01", "sign-fail-02", "sign-fail-03", "sign-fail-04", "sign-fail-06", "sign-fail-07",
  ]

  @Test(arguments: names) func everyCaseHasItsVerdict(name: String) throws {
    let data = Data(try Vectors.bytes("crypto/cose-sign1/\(name).json"))
    let example = try JSONDecoder().decode(COSECase.self, from: data)
    let shouldPass = name.contains("pass")
    #expect((example.fail ?? false) != shouldPass)
    let external = try #require(bytes(hexadecimal: example.input.sign0.external ?? ""))
    let message = try? COSESign1(decoding: try #require(bytes(hexadecimal: example.output.cbor)), of: name)
    // The first case names its algorithm in no protected place, so it must be known otherwise.
    let agreed = name == "sign-pass-01" ? COSEAlgorithm.es256 : nil
    let isValid = try message?.isValid(for: example.key, externalData: external, agreed: agreed) ?? false
    #expect(isValid == shouldPass)
    guard shouldPass, let message else { return }
    let header = message.protectedHeader == .map([]) ? [] : message.protectedBytes
    let signed = COSESign1.signedBytes(protectedBytes: header, externalData: external, payload: message.payload ?? [])
    #expect(hexadecimal(signed).uppercased() == example.intermediates.ToBeSign_hex)
    #expect(try !message.isValid(for: example.key, externalData: external + [0], agreed: agreed))
    #expect(try !message.isValid(for: example.key, externalData: external, agreed: .es384))
    if agreed != nil { #expect(try !message.isValid(for: example.key, externalData: external)) }
  }
}

@Suite struct COSETests {
  private let algorithms: [(COSEAlgorithm, sign: ([UInt8]) throws -> [UInt8], key: VerificationKey)] = {
    let (small, middle, large, edwards) = (P256.Signing.PrivateKey(), P384.Signing.PrivateKey(), P521.Signing.PrivateKey(), Curve25519.Signing.PrivateKey())
    return [
      (.es256, { Array(try small.signature(for: $0).rawRepresentation) }, VerificationKey(small.publicKey)),
      (.es384, { Array(try middle.signature(for: $0).rawRepresentation) }, VerificationKey(middle.publicKey)),
      (.es512, { Array(try large.signature(for: $0).rawRepresentation) }, VerificationKey(large.publicKey)),
      (.edDSA, { Array(try edwards.signature(for: $0)) }, VerificationKey(edwards.publicKey)),
    ]
  }()

  private func header(_ algorithm: COSEAlgorithm) -> [UInt8] {
    CBOREncoder.encode(.map([.init(.unsigned(1), .init(algorithm.rawValue))]))
  }

  private func message(_ parts: [CBORValue]) throws -> COSESign1 { try COSESign1(.array(parts), of: "message") }

  @Test func everyAlgorithmIsValidUnderItsKeyOnly() throws {
    for (algorithm, sign, key) in algorithms {
      let protected = header(algorithm)
      let signature = try sign(COSESign1.signedBytes(protectedBytes: protected, externalData: [], payload: [1, 2, 3]))
      let good = try message([.bytes(protected), .map([]), .bytes([1, 2, 3]), .bytes(signature)])
      #expect(good.isValid(for: key))
      for (other, _, otherKey) in algorithms where other != algorithm { #expect(!good.isValid(for: otherKey)) }
      for other in COSEAlgorithm.allCases where other != algorithm {
        #expect(try !message([.bytes(header(other)), .map([]), .bytes([1, 2, 3]), .bytes(signature)]).isValid(for: key))
      }
      #expect(try !message([.bytes(protected), .map([]), .bytes([1, 2, 4]), .bytes(signature)]).isValid(for: key))
      #expect(try !message([.bytes(protected), .map([]), .bytes([1, 2, 3]), .bytes(signature + [0])]).isValid(for: key))
      #expect(try !message([.bytes(protected), .map([]), .bytes([1, 2, 3]), .bytes([])]).isValid(for: key))
      let detached = try message([.bytes(protected), .map([]), .null, .bytes(signature)])
      #expect(!detached.isValid(for: key))
      #expect(detached.isValid(for: key, detachedPayload: [1, 2, 3]))
    }
  }

  @Test func messagesOfOtherShapesAreMalformed() throws {
    let protected = CBORValue.bytes(header(.es384))
    let shapes: [CBORValue] = [
      .array([]), .array([protected, .map([]), .bytes([])]), .array([protected, .map([]), .bytes([]), .bytes([]), .null]), .map([]), .null,
      .tagged(98, .array([protected, .map([]), .bytes([]), .bytes([])])), .tagged(18, .tagged(18, .array([protected, .map([]), .bytes([]), .bytes([])]))),
      .array([.map([]), .map([]), .bytes([]), .bytes([])]), .array([.bytes([0x80]), .map([]), .bytes([]), .bytes([])]),
      .array([.bytes([0xff]), .map([]), .bytes([]), .bytes([])]), .array([.bytes([0xa0, 0x00]), .map([]), .bytes([]), .bytes([])]),
      .array([protected, .array([]), .bytes([]), .bytes([])]), .array([protected, .map([]), .text(""), .bytes([])]),
      .array([protected, .map([]), .bytes([]), .null]),
      // Headers that must be understood and are not; one in both places.
      .array([.bytes(CBOREncoder.encode(.map([.init(.unsigned(2), .array([.unsigned(99)]))]))), .map([]), .bytes([]), .bytes([])]),
      .array([.bytes(CBOREncoder.encode(.map([.init(.unsigned(2), .array([]))]))), .map([]), .bytes([]), .bytes([])]),
      .array([protected, .map([.init(.unsigned(2), .array([.unsigned(1)]))]), .bytes([]), .bytes([])]),
      .array([protected, .map([.init(.unsigned(1), .init(-7))]), .bytes([]), .bytes([])]),
    ]
    for shape in shapes { #expect(throws: MalformedEvidence.self, "\(shape)") { try COSESign1(shape, of: "message") } }
    #expect(throws: Never.self) { try COSESign1(.tagged(18, .array([protected, .map([]), .bytes([]), .bytes([])])), of: "message") }
  }

  @Test func keysAreReadFromCOSEKey() throws {
    let point = Array(P384.Signing.PrivateKey().publicKey.rawRepresentation)
    func key(_ pairs: [(Int64, CBORValue)]) -> CBORValue { .map(pairs.map { .init(.init($0.0), $0.1) }) }
    let (x, y) = (CBORValue.bytes(Array(point.prefix(48))), CBORValue.bytes(Array(point.suffix(48))))
    let good = try VerificationKey(coseKey: key([(1, .unsigned(2)), (-1, .unsigned(2)), (-2, x), (-3, y)]), of: "key")
    #expect(good.subjectPublicKeyInfo == (try VerificationKey(point: point)).subjectPublicKeyInfo)
    let bad: [[(Int64, CBORValue)]] = [
      [], [(1, .unsigned(2))], [(1, .unsigned(2)), (-1, .unsigned(1)), (-2, x), (-3, y)], [(1, .unsigned(2)), (-1, .unsigned(2)), (-2, x)],
      [(1, .unsigned(1)), (-1, .unsigned(6)), (-2, x)], [(1, .unsigned(2)), (-1, .unsigned(2)), (-2, x), (-3, x)],
      [(1, .unsigned(2)), (-1, .unsigned(2)), (-2, x), (-3, .boolean(true))], [(1, .unsigned(2)), (-1, .unsigned(2)), (-2, x), (-3, y), (-4, x)],
      [(1, .unsigned(2)), (-1, .unsigned(8)), (-2, x), (-3, y)], [(1, .text("EC2")), (-1, .unsigned(2)), (-2, x), (-3, y)],
    ]
    for pairs in bad { #expect(throws: MalformedEvidence.self) { try VerificationKey(coseKey: key(pairs), of: "key") } }
  }
}
