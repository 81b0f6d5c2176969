import Crypto
import FoundationEssentials
import KeyBrokerProtocol

/// What the master key does for a broker's data: secrets are encrypted, and all that decides who gets them is authenticated. Who can write the
/// database and does not have the key can destroy, and put the whole of it back to an earlier state; nothing else.
struct Sealing: Sendable {
  private let secrets: SymmetricKey
  private let rows: SymmetricKey
  private let log: SymmetricKey

  init(_ key: MasterKey) {
    secrets = key.derived("secrets")
    rows = key.derived("rows")
    log = key.derived("audit log")
  }

  /// AES-256-GCM with a random nonce: good for 2^32 writes, far beyond what a disk's synchronising lets happen.
  func seal(_ bytes: [UInt8], for place: JSONValue) throws(BrokerError) -> [UInt8] {
    do {
      let box = try AES.GCM.seal(bytes, using: secrets, authenticating: place.canonical)
      return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    } catch {
      throw BrokerError(.invalid, "cannot encrypt: \(error)")
    }
  }

  func open(_ bytes: [UInt8], for place: JSONValue) throws(BrokerError) -> ErasingBytes {
    do {
      var opened = try AES.GCM.open(AES.GCM.SealedBox(combined: bytes), using: secrets, authenticating: place.canonical)
      defer { opened.resetBytes(in: opened.startIndex..<opened.endIndex) }
      return ErasingBytes(Array(opened))
    } catch {
      throw BrokerError(.forged, "what lies in the database is not what this broker wrote there: put a copy back, or write the resource anew")
    }
  }

  func authenticator(_ row: JSONValue) -> [UInt8] { Array(HMAC<SHA384>.authenticationCode(for: row.canonical, using: rows)) }

  func isAuthentic(_ authenticator: [UInt8], _ row: JSONValue) -> Bool {
    HMAC<SHA384>.isValidAuthenticationCode(authenticator, authenticating: row.canonical, using: rows)
  }

  func logSeal(_ hash: [UInt8]) -> [UInt8] { Array(HMAC<SHA384>.authenticationCode(for: hash, using: log)) }

  func isLogSeal(_ seal: [UInt8], of hash: [UInt8]) -> Bool { HMAC<SHA384>.isValidAuthenticationCode(seal, authenticating: hash, using: log) }
}
