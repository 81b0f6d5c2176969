import KeyBrokerProtocol

/// Evidence of a trustlet: whoever makes it is given the nonce, and states the instance's key in it.
public struct TrustletEvidenceSource: EvidenceSource {
  private let make: @Sendable (EvidenceChallenge) async throws -> [UInt8]

  public var tee: String { "coffer" }

  /// - Parameter make: Coffer's evidence for a nonce, of the instance whose key is to be told.
  public init(_ make: @escaping @Sendable (EvidenceChallenge) async throws -> [UInt8]) { self.make = make }

  public func evidence(for challenge: EvidenceChallenge) async throws -> JSONValue { .string(Base64.urlText(try await make(challenge))) }
}

/// Evidence of a machine's own, such as a report or a quote that binds ``EvidenceChallenge/runtimeDataDigest``.
public struct PlatformEvidenceSource: EvidenceSource {
  public let tee: String
  private let make: @Sendable ([UInt8]) async throws -> JSONValue

  /// - Parameter make: the evidence in the form that the broker reads, for the 48 bytes that it binds.
  public init(tee: String, _ make: @escaping @Sendable ([UInt8]) async throws -> JSONValue) { (self.tee, self.make) = (tee, make) }

  public func evidence(for challenge: EvidenceChallenge) async throws -> JSONValue { try await make(challenge.runtimeDataDigest) }
}
