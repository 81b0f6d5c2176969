import ArgumentParser
import Gateway
import JSONText
import NIOHTTP1
import ProgramFiles

struct Attest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Has a node give evidence of an instance of a function, bound to a nonce.",
    discussion: """
      The node makes it now, for this nonce, at every level; the node's front only carries it. Without --nonce one is drawn here. What it is \
      worth, 'coffer verify' says by a policy.

      Examples:
        coffer attest hello
        coffer attest hello --nonce 00112233445566778899aabbccddeeff \\
          --evidence hello.cbor
        coffer attest hello --revision 2a4460556a67
      """)

  @Argument(help: "The function.", transform: FunctionName.parse)
  var name: FunctionName

  @Option(help: ArgumentHelp("What the evidence is to be bound to: 8 to 64 bytes.", valueName: "hex"))
  var nonce: String?

  @Option(help: ArgumentHelp("The revision, or enough of its first digits; by default that with most calls.", valueName: "measurement"))
  var revision: String?

  @Option(help: ArgumentHelp("Where the evidence goes; evidence.cbor if left out.", valueName: "file"), completion: .file())
  var evidence = "evidence.cbor"

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let nonce = try nonce.map { try Self.checked($0) } ?? (0..<32).map { _ in Self.hexadecimal(UInt8.random(in: 0...255)) }.joined()
    let file = try Self.reporting { try ResultFile(evidence, option: "--evidence") }
    let connection = try options.connection()
    var path = "\(name.path)/evidence?nonce=\(nonce)"
    if let revision { path += "&revision=\(try await connection.function(name).revision(beginningWith: revision))" }
    let bytes = try await connection.request(.GET, path)
    try Self.reporting { try file.write(bytes) }
    guard !json else {
      return Terminal.print(JSON.object([("evidence", .string(evidence)), ("bytes", .number(UInt64(bytes.count))), ("nonce", .string(nonce))]).description)
    }
    Terminal.print("\(evidence): \(bytes.count) bytes, nonce \(nonce)")
    Terminal.note("what it is worth: coffer verify \(evidence) --nonce \(nonce) --policy POLICY")
  }

  private static func reporting<Result>(_ work: () throws -> Result) throws -> Result {
    do { return try work() } catch { throw CommandFailure("\(error)") }
  }

  private static func checked(_ text: String) throws -> String {
    let isHexadecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0) }
    guard isHexadecimal, text.utf8.count.isMultiple(of: 2), (16...128).contains(text.utf8.count) else {
      throw CommandFailure("--nonce '\(Terminal.plain(text))': expected 8 to 64 bytes, as hexadecimal digits in pairs")
    }
    return text.lowercased()
  }

  private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
