import ArgumentParser
import Attestation
import KeyBroker
import KeyBrokerProtocol

/// What a manifest names so that its program takes this broker's secrets and no other's.
struct BrokerKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Prints the key that a manifest names, so that the program takes no other broker's secrets.",
    discussion: """
      Whoever answers at the address says it: compare it with what coffer broker serve printed where the broker runs, or have it compared, \
      with --pin.

      Examples:
        coffer broker key
        printf 'broker: {key: %s}\\n' "$(coffer broker key)" >> coffer.yaml
      """)

  @Option(name: [.long, .customLong("broker-pin")], help: ArgumentHelp("The SHA-256 of the broker's other key, as it prints it: another broker's answer is an error.", valueName: "hex")) var pin: String?
  @OptionGroup var place: BrokerAddressOptions
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    try BrokerHash.check(pin, digits: 64, "--pin", from: "coffer broker serve prints at its start")
    let answer = try BrokerAnswers.value(try await place.connection(token: nil).request(.GET, "/v1/key"))
    guard let author = answer["author"]?.text, author.utf8.count == 128, author.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
      throw CommandFailure("the broker names no key for manifests: is it one of Coffer's, of this version?")
    }
    if let pin {
      let key = try BrokerPublicKey(answer["key"])
      guard hexadecimal(key.fingerprint) == pin.lowercased() else {
        throw CommandFailure("the broker's key is SHA-256 \(hexadecimal(key.fingerprint)); expected \(Terminal.plain(pin)): this is another broker")
      }
      // What the pinned key stands for is the broker's word; that it is the author's key too is signed by it.
      guard let proof = answer["proof"]?.text, AuthorKey.isNamed(author, by: key, proof: proof) else {
        throw CommandFailure("the broker's key has not signed the key for manifests that came with it: somebody between has put in another")
      }
    }
    Terminal.print(json ? "{\"key\":\"\(author)\"}" : author)
  }
}
