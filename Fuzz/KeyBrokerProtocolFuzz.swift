// sources: Sources/KeyBrokerProtocol
// packages: CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims Crypto CryptoBoringWrapper CryptoExtras SwiftASN1 _CryptoExtras
// seed: 7b2276657273696f6e223a22302e342e30222c22746565223a22636f66666572222c2265787472612d706172616d73223a7b7d7d
// seed: 7b22746f6b656e223a2261227d
// seed: 7b226578706563746564223a6e756c6c2c2276616c7565223a2241414141414141414141414141414141414141414141414141414141414141414141227d
// seed: 7b2272756e74696d652d64617461223a7b226e6f6e6365223a226e222c227465652d7075626b6579223a7b226b7479223a224543222c22637276223a22502d323536222c22616c67223a22454344482d45532b413235364b57222c2278223a22222c2279223a22227d7d7d
// seed: 7b2270726f746563746564223a226530222c22656e637279707465645f6b6579223a224141222c226976223a2241414141414141414141414141414141222c2263697068657274657874223a22222c22746167223a2241414141414141414141414141414141414141414141227d
// seed: 612f622f63
// seed: 6b62732d73657373696f6e2d69643d61
import Crypto
import KeyBrokerProtocol

private let key = DecryptionKey.p256(P256.KeyAgreement.PrivateKey())
private let signer = BrokerKey()

/// Every message of the protocol, whatever the bytes are: an error, or a value that is read again from what it writes.
@_cdecl("LLVMFuzzerTestOneInput")
public func read(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  if let value = try? JSONReader.value(of: input, "fuzz") {
    let canonical = value.canonical
    guard let again = try? JSONReader.value(of: canonical, "fuzz") else { preconditionFailure("canonical JSON that cannot be read") }
    precondition(again.canonical == canonical, "canonical JSON that has two forms")
    if let key = try? JSONWebKey(value) { precondition((try? JSONWebKey(key.json)) == key, "a key that changes") }
    _ = try? BrokerPublicKey(value)
  }
  if let message = try? AuthenticationRequest(input) { precondition((try? AuthenticationRequest(message.json.canonical))?.tee == message.tee, "a request that changes") }
  if let message = try? Challenge(input) {
    precondition((try? Challenge(message.json.canonical))?.nonce == message.nonce, "a challenge that changes")
    _ = try? message.nonceBytes
  }
  for text in ["0.1.1", "0.3.0", "0.4.0"] {
    guard let version = try? ProtocolVersion(text), let message = try? AttestationRequest(input, version: version, nonce: "n") else { continue }
    precondition(message.runtimeDataDigest.count == 48, "a digest of another size")
  }
  if let message = try? CounterExchange(input) { precondition((try? CounterExchange(message.json.canonical)) == message, "an exchange that changes") }
  if let message = try? CounterAnswer(input) { precondition((try? CounterAnswer(message.json.canonical)) == message, "an answer that changes") }
  if let message = try? JSONWebEncryption(input) { precondition((try? message.decrypted(by: key)) == nil, "a forged message opens") }
  _ = try? TokenAnswer(input)
  let problem = ProtocolProblem(status: 401, body: input)
  precondition(problem.description.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "a problem that steers a terminal")
  guard let text = String(validating: input, as: UTF8.self) else { return 0 }
  if let publicKey = try? signer.publicKey { precondition((try? JSONWebToken.claims(of: text, signedBy: publicKey)) == nil, "a forged token is genuine") }
  if let name = try? ResourceName(text) { precondition((try? ResourceName("\(name)")) == name, "a name that changes") }
  if let bytes = Base64.bytes(urlText: text) { precondition(Base64.urlText(bytes) == text, "base64url that has two forms") }
  if let bytes = Base64.bytes(text: text) { precondition(Base64.text(bytes) == text, "base64 that has two forms") }
  _ = (SessionCookie.identifier(inCookie: text), SessionCookie.identifier(inSetCookie: text), try? ProtocolVersion(text))
  return 0
}
