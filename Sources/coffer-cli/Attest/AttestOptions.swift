import ArgumentParser
import Attestation

/// What a run takes that gives evidence of itself: to a relying party whose nonce is known, or to a broker that has its secrets.
struct AttestOptions: ParsableArguments {
  @Option(
    name: .customLong("attest"),
    help: ArgumentHelp("Give evidence of the instance before it runs, bound to this nonce of a relying party: 8 to 64 bytes.", valueName: "hex"),
    transform: Self.nonce)
  var nonce: [UInt8]?

  @Option(help: ArgumentHelp("Where the evidence goes; evidence.cbor if left out.", valueName: "file"), completion: .file(), transform: ArgumentForm.path)
  var evidence: String?

  @Option(
    help: ArgumentHelp(
      "The key broker that releases the secrets of the manifest, as https://broker.example; http only on this machine. By default COFFER_BROKER, where the manifest has any.",
      valueName: "url"),
    transform: BrokerAddress.parse)
  var broker: BrokerAddress?

  @Option(help: ArgumentHelp("Whose resources they are; the broker's standard tenant if left out.", valueName: "name"))
  var brokerTenant: String?

  @Option(help: ArgumentHelp("The broker's key, by the SHA-256 that it says at its start: an answer that it has not signed is none.", valueName: "hex"),
    transform: Self.pin)
  var brokerPin: String?

  @OptionGroup var platform: PlatformOptions

  mutating func validate() throws {
    if nonce == nil, evidence != nil { throw ValidationError("--evidence is for evidence: give a relying party's nonce too, with --attest") }
    // What the variable says is read where a broker is asked: it is in the environment of programs without secrets too.
    let isBrokerNamed = broker != nil || Self.variable != nil
    if !isBrokerNamed, brokerTenant != nil { throw ValidationError("--broker-tenant is a broker's: name that too, with --broker") }
    if !isBrokerNamed, brokerPin != nil { throw ValidationError("--broker-pin is a broker's: name that too, with --broker") }
    if nonce == nil, !isBrokerNamed, let option = platform.given {
      throw ValidationError("\(option) is for evidence: give a relying party's nonce too, with --attest, or a broker, with --broker")
    }
  }

  /// The one of the command line, or else of COFFER_BROKER.
  func namedBroker() throws -> BrokerAddress? {
    if let broker { return broker }
    guard let text = Self.variable else { return nil }
    do { return try BrokerAddress.parse(text) } catch { throw CommandFailure("COFFER_BROKER: \(error)") }
  }

  private static var variable: String? { Environment.all["COFFER_BROKER"].flatMap { $0.isEmpty ? nil : $0 } }

  /// Nil where nobody wants evidence.
  /// - Parameters:
  ///   - wantsSecrets: whether a broker is asked, where one is named.
  ///   - isQuiet: whether nothing is said of a platform that hides nothing.
  func signer(wantsSecrets: Bool, isQuiet: Bool) throws -> RunSigner? {
    guard wantsSecrets || broker == nil else {
      throw CommandFailure("--broker: the manifest names no secrets and no sealed directory, so a broker has nothing to release; leave it out, or build the program with a manifest that has secrets:")
    }
    let asksBroker = wantsSecrets ? try namedBroker() != nil : false
    return nonce != nil || asksBroker ? try RunSigner(platform.open(isQuiet: isQuiet)) : nil
  }

  @Sendable private static func pin(_ text: String) throws -> String {
    guard bytes(hexadecimal: text)?.count == 32 else { throw CommandFailure("expected 64 hexadecimal digits, all of what coffer broker serve prints at its start") }
    return text
  }

  @Sendable private static func nonce(_ text: String) throws -> [UInt8] {
    guard let bytes = bytes(hexadecimal: text), (8...64).contains(bytes.count) else {
      throw CommandFailure("expected 8 to 64 bytes, as hexadecimal digits in pairs")
    }
    return bytes
  }
}
