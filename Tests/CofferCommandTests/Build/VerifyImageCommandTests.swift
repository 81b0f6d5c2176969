import Foundation
import Testing

@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct VerifyImageCommandTests {
  private static func module(_ constant: Int) -> String {
    "(module (memory 1) (func $set (export \"_start\") (i32.store (i32.const 8) (i32.const \(constant)))))"
  }

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.module("source.wasm", Self.module(1234))
    try place.module("other.wasm", Self.module(4321))
    try place.write("small.yaml", Array("memory: 64MiB\n".utf8))
    #expect(try place.run("build", "source.wasm", "-o", "made.trustlet").status == 0)
    return place
  }

  /// The parts that are said to differ.
  private func parts(_ place: Workplace, _ arguments: String...) throws -> (status: Int32, parts: Set<String>) {
    let result = try CofferCommand.run(["verify-image"] + arguments + ["--json"], in: place.path)
    guard let object = try? JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] else { return (result.status, []) }
    #expect(object["same"] as? Bool == (result.status == 0))
    let differences = object["differences"] as? [[String: String]] ?? []
    return (result.status, Set(differences.compactMap { $0["part"] }))
  }

  @Test func theSameSourceGivesTheSameImage() throws {
    let place = try place()
    #expect(try parts(place, "made.trustlet", "--source", "source.wasm") == (0, []))
    #expect(try place.run("verify-image", "made.trustlet", "--source", "source.wasm").output.hasPrefix("same: "))
    // As hard as the image says that its compiler worked, whatever the default is.
    #expect(try place.run("build", "source.wasm", "-o", "plain.trustlet", "--optimize", "none").status == 0)
    #expect(try parts(place, "plain.trustlet", "--source", "source.wasm") == (0, []))
  }

  @Test func whatDiffersIsNamed() throws {
    let place = try place()
    #expect(try parts(place, "made.trustlet", "--source", "other.wasm") == (1, ["code"]))
    let text = try place.run("verify-image", "made.trustlet", "--source", "other.wasm")
    #expect(text.status == 1 && text.output.hasPrefix("different: ") && text.output.contains("first difference at 0x"), "\(text.output)")
    let manifest = try parts(place, "made.trustlet", "--source", "source.wasm", "--manifest", "small.yaml")
    #expect(manifest.status == 1 && manifest.parts.contains("manifest") && !manifest.parts.contains("toolchain"), "\(manifest.parts)")
  }

  @Test func whatCannotBeComparedIsAFailure() throws {
    let place = try place()
    var bytes = try place.bytes("made.trustlet")
    bytes[bytes.count / 2] ^= 1
    try place.write("altered.trustlet", bytes)
    for arguments in [
      ["altered.trustlet", "--source", "source.wasm"], ["source.wasm", "--source", "source.wasm"], ["made.trustlet", "--source", "made.trustlet"],
      ["made.trustlet", "--source", "nothing.wasm"], ["made.trustlet"],
    ] {
      let result = try CofferCommand.run(["verify-image"] + arguments, in: place.path)
      #expect(result.status == 125 && result.complaints.count == 1, "\(arguments): \(result.errors)")
    }
  }
}
