import Crypto
import FoundationEssentials

/// By which a trustlet and its broker speak of a resource's counter, over somebody who carries it and is not believed: from the agreement of the instance's key
/// with the author's, as the instance computes it too (GuestCrypto).
public struct CounterKey: Sendable {
  static let size = 32
  private let key: SymmetricKey

  init(_ agreed: SharedSecret, tenant: String, resource: ResourceName) {
    var information = Data()
    for part in ["coffer-counter-1", tenant, "\(resource)"] {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.utf8.count).bigEndian) { information.append(contentsOf: $0) }
      information.append(contentsOf: part.utf8)
    }
    key = agreed.hkdfDerivedSymmetricKey(using: SHA256.self, salt: Data(), sharedInfo: information, outputByteCount: Self.size)
  }

  /// With which an instance has the counter changed.
  public func order(_ value: CounterValue, inPlaceOf expected: CounterValue?) -> [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: Self.text(1, value, expected), using: key)) }

  public func isOrder(_ authenticator: [UInt8], _ exchange: CounterExchange) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(authenticator, authenticating: Self.text(1, exchange.value, exchange.expected), using: key)
  }

  /// That it was changed.
  public func receipt(_ value: CounterValue, inPlaceOf expected: CounterValue?) -> [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: Self.text(2, value, expected), using: key)) }

  private static func text(_ kind: UInt8, _ value: CounterValue, _ expected: CounterValue?) -> [UInt8] { [kind] + value.bytes + (expected?.bytes ?? []) }
}

extension AuthorKey {
  /// - Parameter recipient: a trustlet's key. Nil where it is on another curve: others are told of counters by the broker's own signature alone.
  public func counterKey(with recipient: JSONWebKey, tenant: String, resource: ResourceName) throws(MalformedMessage) -> CounterKey? {
    guard case .curve(.p256, let point) = recipient.material else { return nil }
    do {
      return CounterKey(try agreed(with: P256.KeyAgreement.PublicKey(rawRepresentation: point)), tenant: tenant, resource: resource)
    } catch {
      throw MalformedMessage("tee-pubkey", found: "\(error)", wanted: "a point of P-256")
    }
  }
}
