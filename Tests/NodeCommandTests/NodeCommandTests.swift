import Foundation
import FunctionStore
import SampleFunctions
import Testing

@Suite struct NodeCommandTests {
  @Test func aFunctionsLife() async throws {
    let scenario = try CommandScenario()
    let images = try (1...2 as ClosedRange<UInt8>).map { try SampleImages.image($0) }
    let names = try images.map { try CheckedImage($0).measurement }
    let paths = try images.indices.map { try scenario.write("\($0).trustlet", images[$0]) }
    try await scenario.serving { node in
      let first = try await scenario.run(["deploy", "hello", paths[0]], node: node)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.output == "\(names[0])  \(node)/f/hello/\n")
      #expect(try await scenario.run(["deploy", "hello", paths[1], "--new"], node: node).status == 125)
      let second = try await scenario.run(["deploy", "hello", paths[1], "--json"], node: node)
      #expect(second.output.contains("\"revision\":\"\(names[1])\""))
      let list = try await scenario.run(["functions"], node: node)
      #expect(list.output.contains("NAME") && list.output.contains("hello  default  \(names[1].prefix(12))"), "\(list.output)")
      let revisions = try await scenario.run(["functions", "hello"], node: node)
      #expect(revisions.output.split(separator: "\n").dropFirst().map { $0.prefix(96) } == [names[1][...], names[0][...]])
      #expect(try await scenario.run(["rollback", "hello"], node: node).output == "\(names[0])  hello\n")
      #expect(try await scenario.run(["rollback", "hello", "--revision", String(names[1].prefix(8))], node: node).output == "\(names[1])  hello\n")
      let missing = try await scenario.run(["rollback", "hello", "--revision", "zz"], node: node)
      #expect(missing.status == 125 && missing.errors.contains("no revision that begins with 'zz'"), "\(missing.errors)")
      let shares = ["\(names[0].prefix(8))=90", "\(names[1].prefix(8))=10"]
      #expect(
        Set(try await scenario.run(["traffic", "hello"] + shares, node: node).output.split(separator: "\n"))
          == ["\(names[0])  hello  90%", "\(names[1])  hello  10%"])
      let twice = try await scenario.run(["traffic", "hello", shares[0], shares[0]], node: node)
      #expect(twice.status == 125 && twice.errors.contains("named twice"), "\(twice.errors)")
      #expect(try await scenario.run(["traffic", "hello", shares[0]], node: node).status == 125)
      #expect(try await scenario.run(["remove", "hello"], node: node).status == 0)
      let gone = try await scenario.run(["remove", "hello"], node: node)
      #expect(gone.status == 125 && gone.errors == "coffer: there is no function 'hello'; coffer functions lists those that there are\n", "\(gone.errors)")
    }
  }

  /// A revision was looked up for the change: what somebody deploys between the two stays.
  @Test(arguments: ["rollback hello --revision FIRST", "traffic hello FIRST=100"]) func aChangeIsOfWhatWasSeen(_ command: String) async throws {
    let scenario = try CommandScenario()
    let images = try (1...3 as ClosedRange<UInt8>).map { try SampleImages.checked($0) }
    for image in images.prefix(2) { try scenario.store.deploy("hello", image) }
    let arguments = command.replacing("FIRST", with: images[0].measurement.prefix(8)).split(separator: " ").map(String.init)
    try await scenario.serving(afterLook: { try scenario.store.deploy("hello", images[2]) }) { node in
      let result = try await scenario.run(arguments, node: node)
      #expect(result.status == 125 && result.errors.contains("somebody changed it"), "\(result.output) \(result.errors)")
    }
    #expect(scenario.store.function("hello")?.serving.map(\.measurement) == [images[2].measurement])
  }

  @Test func tenantsAndTheirTokens() async throws {
    let scenario = try CommandScenario()
    try await scenario.serving { node in
      let added = try await scenario.run(["tenants", "add", "acme", "--memory", "4GiB", "--processors", "0.5"], node: node)
      #expect(added.status == 0 && added.output.contains("acme    -      4GiB    0.5"), "\(added)")
      #expect(try await scenario.run(["tenants", "add", "acme"], node: node).errors.contains("acme"))
      let limited = try await scenario.run(["tenants", "limit", "acme", "--calls", "7", "--json"], node: node)
      #expect(limited.output.contains("\"concurrency\":7") && limited.output.contains("\"memory\":\(4 << 30)"), "\(limited)")
      let lifted = try await scenario.run(["tenants", "limit", "acme", "--memory", "none"], node: node)
      #expect(lifted.output.contains("acme    7      -       0.5"), "\(lifted)")
      let unknown = try await scenario.run(["functions", "--tenant", "nobody"], node: node)
      #expect(unknown.status == 125 && unknown.errors.contains("there is no tenant 'nobody'"), "\(unknown)")
      #expect(scenario.store.tenants.first { $0.name == "acme" }?.limits.concurrency == 7)
      let made = try await scenario.run(["tokens", "add", "--tenant", "acme", "--role", "deploy", "--note", "of a test"], node: node)
      let token = made.output.trimmingCharacters(in: .newlines)
      #expect(made.status == 0 && !token.isEmpty, "\(made)")
      #expect(try await scenario.run(["functions", "--token", token], node: node).status == 0)
      #expect(try await scenario.run(["tenants", "--token", token], node: node).status == 125)
      let line = try #require(try await scenario.run(["tokens"], node: node).output.split(separator: "\n").first { $0.contains("of a test") })
      #expect(line.contains("acme") && line.contains("deploy"))
      #expect(!line.contains(token))
      #expect(try await scenario.run(["tokens", "remove", String(line.prefix { $0 != " " })], node: node).status == 0)
      #expect(try await scenario.run(["functions", "--token", token], node: node).status == 125)
      #expect(try await scenario.run(["tenants"], node: node).output.contains("acme"))
      #expect(try await scenario.run(["tenants", "remove", "acme"], node: node).output == "acme is removed\n")
    }
  }

  @Test func aManifestGoesAlong() async throws {
    let scenario = try CommandScenario()
    let image = try scenario.write("a.trustlet", try SampleImages.image(1))
    let good = try scenario.write("good.yaml", Array("function: {concurrency: 3}".utf8))
    let bad = try scenario.write("bad.yaml", Array("function: {concurency: 3}".utf8))
    let files = try scenario.write("files.yaml", Array("files: {/x: data}".utf8))
    _ = try scenario.write("data/one", [1])
    try await scenario.serving { node in
      #expect(try await scenario.run(["deploy", "hello", image, "--manifest", good], node: node).status == 0)
      #expect(scenario.store.route("hello")?.revisions.first?.revision.settings.concurrency == 3)
      let refused = try await scenario.run(["deploy", "hello", image, "--manifest", bad], node: node)
      #expect(refused.status == 125 && refused.errors.contains("did you mean 'concurrency'?"), "\(refused.errors)")
      // The files were sent: the node says that an image takes none.
      let sent = try await scenario.run(["deploy", "hello", image, "--manifest", files], node: node)
      #expect(sent.status == 125 && sent.errors.contains("its own manifest"), "\(sent.errors)")
      try FileManager.default.createSymbolicLink(atPath: scenario.directory.path + "/data/link", withDestinationPath: "/etc/passwd")
      let link = try await scenario.run(["deploy", "hello", image, "--manifest", files], node: node)
      #expect(link.status == 125 && link.errors.contains("symbolic link"), "\(link.errors)")
    }
  }

  @Test func reuseIsShownAndIsNotForPrograms() async throws {
    let scenario = try CommandScenario()
    let program = try scenario.write("program.trustlet", try SampleImages.image(1))
    let functions = try scenario.write("functions.trustlet", try SampleImages.image(2, export: "f"))
    let reuse = try scenario.write("reuse.yaml", Array("function: {reuse: true}".utf8))
    try await scenario.serving { node in
      let refused = try await scenario.run(["deploy", "hello", program, "--manifest", reuse], node: node)
      #expect(refused.status == 125 && refused.errors.contains("a program, which runs once"), "\(refused.errors)")
      #expect(try await scenario.run(["deploy", "hello", functions, "--manifest", reuse], node: node).status == 0)
      #expect(try await scenario.run(["functions"], node: node).output.contains(" (reused)"))
      #expect(try await scenario.run(["functions", "hello"], node: node).output.contains("reused"))
      #expect(try await scenario.run(["deploy", "hello", functions], node: node).status == 0)
      #expect(try await !scenario.run(["functions"], node: node).output.contains("reused"))
    }
  }

  @Test func aCallCarriesNoToken() async throws {
    let scenario = try CommandScenario()
    try await scenario.serving { node in
      #expect(try await scenario.run(["invoke", "hello"], node: node).output == "/f/hello/")
      #expect(try await scenario.run(["invoke", "hello", "/a?b=c"], node: node).output == "/f/hello/a?b=c")
      let call = try await scenario.run(["invoke", "hello", "--data", "body", "--token", scenario.admin], node: node)
      #expect(call.status == 0 && call.output == "- body")
      let bad = try await scenario.run(["invoke", "hello", "--data", "x", "--header", "Content-Type: text/bad"], node: node)
      #expect(bad.status == 1 && bad.errors.contains("502"), "\(bad)")
    }
  }

  /// What a program wrote does not steer the reader's terminal.
  @Test func logsArePlain() async throws {
    let scenario = try CommandScenario()
    try await scenario.serving { node in
      let logs = try await scenario.run(["logs", "hello", "-f"], node: node)
      #expect(logs.output == "2026-01-01T00:00:00Z  [stderr] ?[31mred\n2026-01-01T00:00:00Z  [end] ?[31mred\n", "\(logs)")
      #expect(try await scenario.run(["logs", "hello", "--json"], node: node).output.split(separator: "\n").count == 2)
      #expect(try await scenario.run(["logs", "hello", "--token", "x"], node: node).status == 125)
    }
  }

  @Test(arguments: [
    (["deploy", "HELLO", "x"], "expected 1 to 63 lower-case letters"), (["traffic", "hello", "banana"], "expected a revision, '=' and"),
    (["invoke", "hello", "--timeout", "banana"], "expected seconds, as 30, 30s or 2m"), (["logs", "hello", "--tail", "many"], "expected a whole number"),
    (["tenants", "add", "acme", "--memory", "4"], "expected a size from 1MiB on"), (["serve", "--memory", "banana"], "as 4GiB"),
    (["broker", "policy", "shop"], "expected REPOSITORY/TYPE/TAG"), (["broker", "serve", "--session", "1s"], "expected 10 to 86400"),
    (["tenants", "nonsense"], "there is no command 'coffer tenants nonsense'; there are list, add, limit, remove"), (["deploy", "x", "example:nope"], "there are: crash,"),
    (["broker", "key", "--ca", "/dev/null"], "found no certificate"),
    (["deploy"], "Missing"), (["deploy", "Hello", "x"], "Hello"), (["deploy", "hello", "/nowhere"], "cannot read /nowhere"),
    (["invoke", "../v1/node"], "../v1/node"), (["invoke", "hello", "/a b"], "percent-encoded"), (["logs", "hello", "--tail", "-1"], "--tail"), (["logs", "hello", "--tail", "1001"], "0 to 1000"),
    (["functions", "--tenant", "A B"], "tenant"), (["functions", "--node", "ftp://x"], "no address"), (["nothing"], "nothing"),
    (["functions", "--node", "http://127.0.0.1:1"], "nobody listens there"), (["invoke", "hello", "--header", "x"], "a name, ':' and a value"),
    (["traffic", "hello", "ab=101"], "ab=101"), (["tenants", "add", "A B"], "A B"), (["tenants", "limit", "acme", "--calls", "0"], "--calls"),
    (["tenants", "add", "acme", "--memory", "much"], "much"), (["tokens", "add", "--role", "king"], "king"), (["tokens", "remove", "../x"], "../x"),
    (["logs", "hello", "--tail", "1001"], "from 0 to 1000"), (["attest", "hello", "--evidence", "-"], "name one"), (["attest", "hello", "--evidence", "/nowhere/x"], "No such file or directory"),
    (["attest", "hello", "--evidence", "/dev/null"], "no regular file"), (["bench", "serve", "--only", "nope"], "expected one of node, plain"),
    (["bench", "serve", "--plot", "/nowhere/x.svg"], "/nowhere/x.svg"), (["broker", "list", "--broker", "banana"], "no address of a broker"),
    (["broker", "audit", "--expect", "6f3c"], "96 hexadecimal digits"), (["tenants", "add"], "see coffer tenants add --help"), (["broker", "key", "--pin", "00"], "64 hexadecimal digits"),
    (["serve", "--listen", "127.0.0.1:0", "--machine", "process", "--monitor", "/nowhere/coffer-monitor"], "it belongs beside coffer-node"),
  ])
  func whatIsWrongIsOneLine(_ arguments: [String], _ words: String) async throws {
    let scenario = try CommandScenario()
    let result = try await scenario.run(arguments, node: "http://127.0.0.1:1")
    #expect(result.status == 125, "\(result)")
    #expect(result.output.isEmpty)
    #expect(result.errors.hasPrefix("coffer: ") && result.errors.contains(words), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }

  @Test(arguments: [[], ["deploy"], ["functions"], ["invoke"], ["logs"], ["rollback"], ["traffic"], ["remove"], ["tenants"], ["tokens"]])
  func help(_ command: [String]) async throws {
    let result = try await CommandScenario().run(command + ["--help"], node: "http://127.0.0.1:1")
    #expect(result.status == 0)
    #expect(result.output.contains("Examples:"))
  }
}
