import Attestation
import Foundation
import KeyBroker
import SampleFunctions
import Testing

/// `coffer broker` as people use it: a process that serves, and commands that speak to it.
@Suite struct BrokerCommandTests {
  private let scratch: ScratchDirectory
  private let image: String

  init() throws {
    scratch = try ScratchDirectory()
    image = "\(scratch.path)/image.trustlet"
    try Data(try SampleImages.image(1)).write(to: URL(fileURLWithPath: image))
  }

  private func file(_ name: String, _ text: String) throws -> String {
    let path = "\(scratch.path)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// What a policy must name for the image, as the broker's log shows it of whoever asked.
  private func policy(_ broker: BrokerProcess) throws -> String {
    let log = try broker.run(["audit", "--json"]).output
    let measurement = try #require(log.matches(of: /image ([0-9a-f]{96})/).last).1
    return "platforms: {none: insecure}\nimages: [{measurement: \"\(measurement)\"}]\nkey-holder: any\n"
  }

  @Test func theWalkThrough() throws {
    let broker = try BrokerProcess(directory: "\(scratch.path)/broker")
    let put = try broker.run(["put", "shop/key/database", "-"], input: "hunter2")
    #expect(put.status == 0 && put.output.contains("released to nobody"), "\(put)")
    let refused = try broker.run(["request", "shop/key/database", image])
    #expect(refused.status == 1 && refused.errors.contains("no policy") && refused.output.isEmpty, "\(refused)")
    #expect(try broker.run(["policy", "shop/key/database", file("policy.yaml", policy(broker))]).status == 0)
    let released = try broker.run(["request", "shop/key/database", image, "--show", "--pin", broker.keyFingerprint])
    #expect(released.status == 0 && released.output == "hunter2", "\(released)")
    // Another program: one byte of it is enough.
    let other = "\(scratch.path)/other.trustlet"
    try Data(try SampleImages.image(2)).write(to: URL(fileURLWithPath: other))
    let stranger = try broker.run(["request", "shop/key/database", other, "--show"])
    #expect(stranger.status == 1 && stranger.errors.contains("policy.image") && !stranger.output.contains("hunter2"), "\(stranger)")
    #expect(try broker.run(["request", "shop/key/database", image, "--pin", String(repeating: "0", count: 64)]).status == 125)
    #expect(try broker.run(["list"]).output.contains("shop/key/database"))
    #expect(try broker.run(["policy", "shop/key/database"]).output.contains("insecure"))
    #expect(try broker.run(["remove", "shop/key/database"]).status == 0)
    #expect(try broker.run(["request", "shop/key/database", image]).errors.contains("no policy"))
    let log = try broker.run(["audit"])
    #expect(log.status == 0 && log.output.contains("release REFUSED") && log.errors.contains("the chain holds"), "\(log)")
    for secret in ["hunter2"] { #expect(!log.output.contains(secret)) }
    let verdict = try broker.run(["audit", "--verify", "--json"])
    #expect(verdict.output.hasPrefix("{\"entries\":") && verdict.output.contains("\"holds\":true"), "\(verdict)")
    #expect(broker.stop() == 0)
    let offline = try broker.run(["audit", "--verify", "--offline", broker.directory, "--key", "\(broker.directory)/master-key"])
    #expect(offline.status == 0 && offline.output.contains("under this master key"), "\(offline)")
    // A key's file that is not there is not made by who only reads.
    let missing = "\(broker.directory)/other-key"
    let keyless = try broker.run(["audit", "--verify", "--offline", broker.directory, "--key", missing])
    #expect(keyless.status == 125 && keyless.errors.contains("there is no master key"), "\(keyless)")
    #expect(!FileManager.default.fileExists(atPath: missing))
  }

  @Test func itsMemoryAndItsFilesAreItsOwn() throws {
    let broker = try BrokerProcess(directory: "\(scratch.path)/broker")
    let limits = try String(contentsOfFile: "/proc/\(broker.identifier)/limits", encoding: .utf8)
    #expect(limits.contains(/Max core file size +0 +0\s/), "\(limits)")
    // With the descriptors that it had.
    #expect(limits.matches(of: /Max open files +(\d+) +(\d+)/).first.map { $0.1 == $0.2 } == true, "\(limits)")
    let names = try FileManager.default.contentsOfDirectory(atPath: broker.directory)
    #expect(names.contains("broker.sqlite"))
    for name in names {
      let mode = try FileManager.default.attributesOfItem(atPath: "\(broker.directory)/\(name)")[.posixPermissions] as? Int
      #expect(mode.map { $0 & 0o077 } == 0, "\(name)")
    }
  }

  @Test func aKilledBrokerGoesOn() throws {
    let broker = try BrokerProcess(directory: "\(scratch.path)/broker")
    let fingerprint = broker.keyFingerprint
    #expect(try broker.run(["put", "a/b/c", "-"], input: "kept").status == 0)
    _ = try broker.run(["request", "a/b/c", image])
    let policy = try file("policy.yaml", policy(broker))
    var heads: [String] = []
    for round in 0..<5 {
      #expect(try broker.run(["put", "a/b/c", "-", "--policy", policy], input: "kept \(round)").status == 0)
      heads.append(try #require(broker.run(["audit", "--verify"]).output.firstMatch(of: /hash is ([0-9a-f]{96})/).map { String($0.1) }))
      broker.kill()
      try broker.start()
      #expect(broker.keyFingerprint == fingerprint)
      #expect(try broker.run(["request", "a/b/c", image, "--show"]).output == "kept \(round)")
      for head in heads { #expect(try broker.run(["audit", "--verify", "--expect", head]).status == 0) }
    }
    #expect(try broker.run(["audit", "--verify", "--expect", String(repeating: "0", count: 96)]).status == 125)
  }

  @Test func tenantsAndTokens() throws {
    let broker = try BrokerProcess(directory: "\(scratch.path)/broker")
    #expect(try broker.run(["tenants", "set", "acme", "--resources", "1"]).status == 0)
    let token = try broker.run(["tokens", "add", "--for", "acme", "--role", "admin"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
    let secret = try file("secret", "x")
    #expect(try broker.run(["put", "a/b/c", secret, "--tenant", "acme", "--token", token]).status == 0)
    let full = try broker.run(["put", "a/b/d", secret, "--tenant", "acme", "--token", token])
    #expect(full.status == 125 && full.errors.contains("may have 1"), "\(full)")
    let foreign = try broker.run(["put", "a/b/c", secret, "--token", token])
    #expect(foreign.status == 125 && foreign.errors.contains("this needs admin of tenant default"), "\(foreign)")
    #expect(try broker.run(["audit", "--token", token]).output.contains("put"))
    #expect(try broker.run(["audit", "--verify", "--token", token]).status == 125)
    #expect(try broker.run(["list", "--token", "nonsense"]).errors.contains("not one of this broker's"))
    #expect(try broker.run(["request", "a/b/c", image, "--tenant", "acme"]).errors.contains("no policy"))
  }

  @Test(arguments: [
    (["put", "../b/c", "/dev/null"], "invalid"), (["put", "a/b", "/dev/null"], "invalid"), (["put", "a/b/c", "/nonexistent"], "cannot read"),
    (["policy", "a/b/c", "/dev/null", "--remove"], "--remove takes no file"), (["audit", "--key", "x"], "--key goes with --offline"),
    (["serve", "--listen", "0.0.0.0:0", "--data", "/nonexistent"], "lets the network in"), (["serve", "--listen", "nonsense"], "expected ADDRESS:PORT"),
    (["serve", "--certificate", "x"], "belong together"), (["serve", "--key", "x", "--key-descriptor", "3"], "give one of them"),
    (["serve", "--key-descriptor", "3"], "--admin-token"),
    (["list", "--broker", "http://192.0.2.1:80"], "not encrypted"), (["list", "--broker", "http://127.0.0.1:1"], "start a broker with coffer broker serve"),
    (["request", "a/b/c", "/dev/null", "--broker", "http://127.0.0.1:1"], "is no image"), (["tenants", "set", "A"], "invalid"),
  ])
  func whatIsWrongIsSaid(arguments: [String], words: String) throws {
    let result = try BrokerProcess.run(
      try BrokerProcess.program.path, ["broker"] + arguments, environment: ["COFFER_BROKER_DATA": "\(scratch.path)/none"])
    #expect(result.status == 125 && result.errors.contains(words), "\(result)")
  }

  @Test func theKeyForManifestsIsTheBrokers() throws {
    let broker = try BrokerProcess(directory: "\(scratch.path)/broker")
    let key = try broker.run(["key"])
    #expect(key.status == 0 && key.output.count == 129, "\(key)")
    #expect(try broker.run(["key", "--pin", broker.keyFingerprint]).output == key.output)
    #expect(try broker.run(["key", "--pin", String(repeating: "0", count: 64)]).errors.contains("this is another broker"))
  }

  @Test func whoCopiesTheDataHasNeitherKeyNorToken() throws {
    let broker = try BrokerProcess(directory: "\(scratch.path)/broker", ["--key", "\(scratch.path)/key"])
    let files = try FileManager.default.contentsOfDirectory(atPath: broker.directory)
    #expect(!files.contains("admin-token") && !files.contains("master-key"), "\(files)")
    let token = try String(contentsOfFile: "\(scratch.path)/key.admin-token", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(try broker.run(["list", "--token", token]).status == 0)
  }

  @Test func aMasterKeyOthersCanReadIsNotTaken() throws {
    let key = try file("key", String(repeating: "k", count: 32))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
    let result = try BrokerProcess.run(
      try BrokerProcess.program.path, ["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(scratch.path)/broker", "--key", key])
    #expect(result.status == 125 && result.errors.contains("nobody else can read"), "\(result)")
  }
}
