// sources: Sources/CGuestCrypto Sources/GuestCrypto
// sanitize: address
// seed: 65794a68624763694f694a46513052494c5556544b3045794e545a4c56794a392e412e412e412e41
// seed: 7b2270726f746563746564223a22653330227d
// seed: 7b2270726f746563746564223a22653330222c22656e637279707465645f6b6579223a2241414141222c226976223a2241414141222c2263697068657274657874223a2241414141222c22746167223a2241414141222c22616164223a6e756c6c7d
// seed: 017b22616c67223a22454344482d45532b413235364b57222c22656e63223a224132353647434d222c2265706b223a7b226b7479223a224543222c22637276223a22502d323536222c2278223a2241414141222c2279223a2241414141227d7d
@testable import GuestCrypto

/// Whatever a broker sends: an error that says something, or a message; and no message opens that nobody encrypted for this key.
///
/// An input that begins with byte 1 is a header, which is put into base64 for it, so that the fuzzer need not find that out.
@_cdecl("LLVMFuzzerTestOneInput")
public func read(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  if input.first == 1 {
    let rest = [UInt8]("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA..AAAAAAAAAAAAAAAAAAAAAA".utf8)
    input = Base64URL.encode(Array(input.dropFirst())) + [UInt8(ascii: ".")] + rest
  }
  do {
    let message = try JWE(input, limit: 1 << 16)
    precondition(message.count <= input.count, "a message longer than its text")
    guard let key = try? P256.PrivateKey(SecretBytes(copying: [UInt8](repeating: 1, count: 32))) else { preconditionFailure("no key") }
    precondition((try? message.open(with: key).count) == nil, "a message that nobody encrypted opens")
  } catch {
    precondition(!error.description.isEmpty && error.description.utf8.count < 300, "an error that says too little or too much")
  }
  let encoded = Base64URL.encode(input)
  precondition(encoded.withRawBytes { Base64URL.decode($0) } == input, "base64 that is not read back")
  return 0
}
