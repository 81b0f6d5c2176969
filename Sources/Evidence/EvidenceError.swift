import Platform

/// Why there is no evidence.
public enum EvidenceError: Error, Sendable, Equatable, CustomStringConvertible {
  case platform(PlatformError)
  case nonce(bytes: Int)
  case tooManyNonces(Int)
  case statement(String)
  case cannotSign(String)

  public var description: String {
    switch self {
    case .platform(let error): error.description
    case .nonce(let count): "a nonce of \(count) bytes; expected \(BoundNonce.sizes.lowerBound) to \(BoundNonce.sizes.upperBound)"
    case .tooManyNonces(let count): "\(count) nonces under one report; expected 1 to \(NonceTree.limit)"
    case .statement(let found): "what was stated of the instance: \(found)"
    case .cannotSign(let reason): "the key cannot sign: \(reason)"
    }
  }
}
