// Everything that GuestCrypto does with secrets, each marked as undefined for valgrind's memcheck, which then reports every branch and every address
// that depends on one. Run by Scripts/check-constant-time; the last case branches on a secret on purpose, so that it is seen that this shows.
import Glibc
import GuestCrypto
import Secrets

func secret(_ count: Int, _ byte: UInt8) -> SecretBytes {
  var bytes = SecretBytes(copying: [UInt8](repeating: byte, count: count))
  bytes.withMutableBytes { secret_begin($0.baseAddress, $0.count) }
  return bytes
}

nonisolated(unsafe) var errors: UInt32 = 0

/// Prints whether a case had errors; what it gives back is looked at no further.
func check(_ name: String, expectsErrors: Bool = false, _ body: () throws -> Void) {
  let before = secret_errors()
  do { try body() } catch { print("\(name): \(error)") }
  let found = secret_errors() - before
  print("\(name): \(found) errors")
  if (found > 0) != expectsErrors { errors += 1 }
}

let none = UnsafeRawBufferPointer(start: nil, count: 0)

for backend in AES256.Backend.allCases where backend.isAvailable {
  check("AES-256-GCM and key wrap, \(backend)") {
    let key = try secret(32, 1).withBytes { (bytes) throws(CryptographyError) in try AES256(key: bytes, backend: backend) }
    for count in [0, 1, 16, 100, 256, 1000] {
      let text = secret(count, 2)
      var sealed = SecretBytes(count: count)
      var opened = SecretBytes(count: count)
      let nonce = AES256.Nonce(prefix: 0, counter: UInt64(count))
      try text.withBytes { text in
        try sealed.withMutableBytes { sealed in
          let tag = try key.seal(text, into: sealed, nonce: nonce, associated: none)
          try opened.withMutableBytes { opened in
            try key.open(UnsafeRawBufferPointer(sealed), into: opened, nonce: nonce, associated: none, tag: tag)
          }
        }
      }
    }
    let wrapped = try key.wrap(secret(32, 3))
    _ = try key.unwrap(wrapped)
  }
}

check("SHA-2, HMAC and HKDF") {
  for count in [0, 55, 64, 111, 128, 300] {
    let text = secret(count, 4)
    text.withBytes { text in
      var small = SecretBytes(count: 32)
      var large = SecretBytes(count: 48)
      var hash = SHA256()
      hash.update(text)
      small.withMutableBytes { hash.finish(into: $0) }
      var longer = SHA384()
      longer.update(text)
      large.withMutableBytes { longer.finish(into: $0) }
    }
    _ = try text.withBytes { try HKDF<SHA512Variant>.derive(from: $0, salt: $0, information: none, count: 100) }
  }
}

check("P-256") {
  let key = try P256.PrivateKey(secret(32, 5))
  var known = key.publicKey()
  withUnsafeMutableBytes(of: &known) { secret_end($0.baseAddress, $0.count) }
  let other = try P256.PrivateKey(secret(32, 0xf0))
  _ = other.sharedSecret(with: known)
}

check("X25519") {
  let key = try X25519.PrivateKey(secret(32, 6))
  var known = try key.publicKey().bytes
  known.withUnsafeMutableBytes { secret_end($0.baseAddress, $0.count) }
  let other = try X25519.PrivateKey(secret(32, 0xff))
  _ = try other.sharedSecret(with: X25519.PublicKey(known))
}

check("a branch on a secret, for comparison", expectsErrors: true) {
  let text = secret(32, 7)
  text.withBytes { if $0[3] > 9 { print("large") } }
}

print(errors == 0 ? "no branch and no address depends on a secret" : "\(errors) cases are not as they should be")
exit(errors == 0 ? 0 : 1)
