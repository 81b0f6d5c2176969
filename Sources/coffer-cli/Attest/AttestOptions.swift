import ArgumentParser
import Attestation

/// What a run takes that gives evidence of itself.
struct AttestOptions: ParsableArguments {
  @Option(
    name: .customLong("attest"),
    help: ArgumentHelp("Give evidence of the instance before it runs, bound to this nonce of a relying party: 8 to 64 bytes.", valueName: "hex"),
    transform: Self.nonce)
  var nonce: [UInt8]?

  @Option(help: ArgumentHelp("Where the evidence goes; evidence.cbor if left out.", valueName: "file"), transform: ArgumentForm.path)
  var evidence: String?

  @Option(
    help: ArgumentHelp(
      "What vouches for this machine: none, tsm (SEV-SNP, TDX or CCA through Linux), tpm[:SOCKET], or make-believe for development: "
        + "development-snp, development-tdx, development-cca.", valueName: "name"),
    transform: PlatformChoice.parse)
  var platform: PlatformChoice?

  @Option(
    help: ArgumentHelp(
      "The key of the development platform's root, development-root.pem if left out; made where there is none.", valueName: "file"),
    transform: ArgumentForm.path)
  var developmentRoot: String?

  mutating func validate() throws {
    guard nonce == nil, let option = evidence.map({ _ in "--evidence" }) ?? platform.map({ _ in "--platform" }) ?? developmentRoot.map({ _ in "--development-root" })
    else { return }
    throw ValidationError("\(option) is for evidence: give a relying party's nonce too, with --attest")
  }

  @Sendable private static func nonce(_ text: String) throws -> [UInt8] {
    guard let bytes = bytes(hexadecimal: text), (8...64).contains(bytes.count) else {
      throw CommandFailure("expected 8 to 64 bytes, as hexadecimal digits in pairs")
    }
    return bytes
  }
}
