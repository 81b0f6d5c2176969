import Foundation
import Glibc
import Testing

/// What `coffer node-image` refuses before it fetches or unpacks a kernel; and what it leaves when it is ended.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct NodeImageCommandTests {
  /// A place with an image, a module and made programs.
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.module("program.wasm", "(module (memory (export \"memory\") 1) (func (export \"_start\")))")
    try #require(try place.run("build", "program.wasm").status == 0)
    try FileManager.default.createDirectory(atPath: "\(place.path)/programs", withIntermediateDirectories: false)
    for name in ["coffer", "coffer-attester", "coffer-evidence", "coffer-init", "coffer-monitor", "coffer-node"] { try place.write("programs/\(name)", []) }
    return place
  }

  @Test func whatCannotWorkIsRefusedBeforeTheKernel() throws {
    let place = try place()
    try place.write("authority.pem", Array("-----BEGIN CERTIFICATE-----\n".utf8))
    try place.write("coffer.yaml", Array("secrets: {SECRET: own/key/one}\n".utf8))
    try #require(try place.run("build", "program.wasm", "-o", "secret.trustlet", "--manifest", "coffer.yaml").status == 0)
    let names = place.names
    for (arguments, reason) in [
      (["--function", "hello"], "expected NAME=IMAGE"), (["--function", "HELLO=program.trustlet"], "lower-case letters"), (["--function", "hello=gone"], "No such file"),
      (["--function", "hello=program.wasm"], "coffer build"), (["--function", "hello=/bin/sh"], "coffer build"), (["--address", "banana"], "coffer.address: found banana"),
      (["--address", "192.0.2.7"], "ADDRESS/PREFIX"), (["--address", "192.0.2.7/24", "--gateway", "banana"], "coffer.gateway: found banana"),
      (["--address", "192.0.2.7/24", "--broker", "https://192.0.2.9"], "belong together"), (["--broker-authority", "authority.pem"], "belong together"),
      (["--address", "192.0.2.7/24", "--broker", "https://192.0.2.9", "--broker-authority", "program.wasm"], "certificates in PEM"),
      (["--address", "192.0.2.7/24", "--broker", "http://192.0.2.9", "--broker-authority", "authority.pem"], "coffer.broker: found http"),
      (["--broker-pin", "00"], "coffer.broker-pin: found 00"), (["--function", "hello=secret.trustlet"], "name a broker"),
      (["--gateway", "192.0.2.1"], "an address beside the gateway"), (["--append", "two words"], "without spaces"), (["--processors", "0"], "expected 1 to"),
      (["--memory", "1"], "--memory: found"), (["--sev-firmware", "program.wasm"], "its size"), (["--tdx-firmware", "gone"], "No such file"), (["--programs", "gone"], "No such file"),
    ] {
      let result = try CofferCommand.run(
        ["node-image", "-o", "node", "--kernel", "no-such-kernel.deb"] + (arguments.contains("--programs") ? [] : ["--programs", "programs"]) + arguments, in: place.path)
      #expect(result.status == 125 && result.errors.contains(reason) && !result.errors.contains("no-such-kernel"), "\(arguments): \(result)")
    }
    #expect(place.names == names)
    // Nothing is wrong but the kernel; and a folder is a folder.
    let good = ["--kernel", "no-such-kernel.deb", "--programs", "programs", "--function", "hello=program.trustlet", "--address", "192.0.2.7/24", "--gateway", "192.0.2.1"]
    let kernel = try CofferCommand.run(["node-image", "-o", "node"] + good, in: place.path)
    #expect(kernel.status == 125 && kernel.errors.contains("no-such-kernel"), "\(kernel)")
    let file = try CofferCommand.run(["node-image", "-o", "program.wasm"] + good, in: place.path)
    #expect(file.status == 125 && file.errors.contains("expected a folder"), "\(file)")
  }

  /// By each signal, also by the one that no program can answer; the tools that unpack may still be at it.
  @Test(arguments: [SIGINT, SIGTERM, SIGKILL]) func anEndedOneLeavesNoFolder(signal: Int32) throws {
    let place = try place()
    try place.write("kernel.deb", [1])
    let tool = "#!/bin/sh\ncase $1 in --show*) printf 'linux\\n1\\n';; *) : > \"$3/file\"; sleep 1; : > \"$3/late\";; esac\n"
    try FileManager.default.createDirectory(atPath: "\(place.path)/temporary", withIntermediateDirectories: false)
    try place.write("dpkg-deb", Array(tool.utf8))
    chmod("\(place.path)/dpkg-deb", 0o755)
    let command = try RunningCommand(
      ["node-image", "-o", "node", "--kernel", "kernel.deb", "--programs", "programs"], in: place.path,
      environment: ["PATH": "\(place.path):/usr/bin:/bin", "TMPDIR": "\(place.path)/temporary"])
    func folders() -> [String] { (try? FileManager.default.subpathsOfDirectory(atPath: "\(place.path)/temporary")) ?? [] }
    try Patience.wait("the tool unpacks") { folders().contains { $0.hasSuffix("/file") } }
    kill(command.process, signal)
    #expect(command.end() == signal)
    try Patience.wait("the folder goes") { folders().isEmpty }
  }
}

/// For what another process does in its own time.
enum Patience {
  struct Lost: Error, CustomStringConvertible { let description: String }

  static func wait(_ what: String, until holds: () -> Bool) throws {
    for _ in 0..<4800 {
      if holds() { return }
      usleep(25_000)
    }
    throw Lost(description: "not within two minutes: \(what)")
  }
}
