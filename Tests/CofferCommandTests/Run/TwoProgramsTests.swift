import Foundation
import Testing

/// `coffer` becomes `coffer-tools` for whatever it does not do itself: the one beside its own file, and no other.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct TwoProgramsTests {
  /// A directory with a program that says it is coffer-tools.
  private func impostor() throws -> Workplace {
    let place = try Workplace()
    try place.write("coffer-tools", Array("#!/bin/sh\necho impostor\n".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(place.path)/coffer-tools")
    return place
  }

  private func run(_ program: String, in place: Workplace) throws -> CofferCommand.Result {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return try CofferCommand.run(["--version"], in: place.path, environment: ["PATH": "\(place.path):\(path)"], program: program)
  }

  @Test func aLinkLeadsToTheProgramBesideItsTarget() throws {
    let place = try impostor()
    let link = "\(place.path)/coffer"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: try #require(CofferCommand.program))
    let result = try run(link, in: place)
    #expect(result.status == 0 && result.output.hasPrefix("coffer "), "\(result)")
  }

  @Test func withoutItsSecondProgramItSaysSoAndLooksNowhereElse() throws {
    let place = try impostor()
    let alone = try Workplace()
    try FileManager.default.copyItem(atPath: try #require(CofferCommand.program), toPath: "\(alone.path)/coffer")
    let result = try run("\(alone.path)/coffer", in: place)
    #expect(result.status == 125 && result.output.isEmpty, "\(result)")
    #expect(result.errors.contains("\(alone.path)/coffer-tools: No such file or directory; it belongs beside coffer"), "\(result)")
  }

  /// A shell completes what is behind `coffer`, whichever program's it is.
  @Test(arguments: [("bash", "_coffer_deploy() {", "--manifest"), ("zsh", "_coffer_deploy() {", "--manifest["), ("fish", "case 'deploy'", "'manifest='")])
  func oneScriptCompletesTheCommandsOfBoth(shell: String, start: String, option: String) throws {
    let place = try Workplace()
    let result = try CofferCommand.run(["--generate-completion-script", shell], in: place.path)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map { $0.drop { $0 == " " } }
    let places = lines.indices.filter { lines[$0] == start }
    #expect(places.count == 1)
    #expect(lines[(places.first ?? 0)...].prefix(8).contains { $0.contains(option) })
    #expect(result.output.contains(shell == "fish" ? "\"coffer broker tokens add\"" : "_coffer_broker_tokens_add() {") && result.output.contains("verify-image"))
  }
}
