import Foundation
import Glibc
import Testing
import WASIClients

/// Exported functions of components and modules, deployed to a node and called there by name.
@Suite(.serialized, .enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct ExportedFunctionTests {
  private final class Node {
    let place: Workplace
    let server: ServedProgram

    init(_ options: String...) throws {
      place = try Workplace()
      server = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", place.path + "/data"] + options, in: place)
      try server.wait(for: "the dashboard is at")
    }

    func coffer(_ arguments: String...) throws -> CofferCommand.Result {
      try CofferCommand.run(
        arguments, in: place.path, environment: ["COFFER_NODE": "http://127.0.0.1:\(server.port)", "COFFER_DATA": place.path + "/data"])
    }

    func deploy(_ name: String, _ file: String) throws {
      let result = try coffer("deploy", name, file)
      try #require(result.status == 0, "\(result.errors)")
    }

    func post(_ path: String, _ body: String, _ fields: String = "") throws -> (status: Int, head: String, body: String) {
      let answer = try exchange(
        server.port, "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
      return (Int(answer.head.dropFirst(9).prefix(3)) ?? 0, answer.head.lowercased(), answer.body)
    }
  }

  @Test(arguments: ["kvm", "process"], ["echo.wasm", "echo.trustlet"]) func valuesComeBackAsTheyWere(machine: String, file: String) throws {
    let node = try Node("--machine", machine)
    try node.place.component("echo.wasm", InvokeCommandTests.echo())
    if file == "echo.trustlet" { try #require(try node.place.run("build", "echo.wasm").status == 0) }
    try node.deploy("echo", file)
    for (name, _, value) in InvokeCommandTests.shapes {
      let answer = try node.post("/f/echo/\(name)", "(\(value))")
      #expect(answer.status == 200 && answer.body == value + "\n", "\(name): \(answer)")
      #expect(answer.head.contains("content-type: text/plain"))
    }
    // The same calls in JSON; and from one form into the other.
    let json = try node.post("/f/echo/choices", "[[\"empty\", {\"body\": [1]}, {\"at\": {\"x\": 1}}]]")
    #expect(json.status == 200 && json.body == "[\"empty\", {\"body\": [1]}, {\"at\": {\"x\": 1, \"y\": null}}]\n", "\(json)")
    #expect(json.head.contains("content-type: application/json"))
    #expect(try node.post("/f/echo/strings", "([\"a\"])", "Accept: application/json\r\n").body == "[\"a\"]\n")
    #expect(try node.post("/f/echo/strings", "{\"x\": [\"a\"]}", "Accept: text/plain\r\n").body == "[\"a\"]\n")
    #expect(try node.post("/f/echo/nothing", "").body == "null\n")
    // A fresh trustlet for each call: nothing is counted up.
    for _ in 0..<3 { #expect(try node.post("/f/echo/given-back", "()").body == "0\n") }
    let long = "\"" + String(repeating: "0123456789abcdef", count: 20_000) + "\""
    let answer = try node.post("/f/echo/strings", "([\(long), \(long)])")
    #expect(answer.status == 200 && answer.body == "[\(long), \(long)]\n")
  }

  /// The longest is passed on whole, and what is longer is nobody else's fault: the caller is told, and the function's log.
  @Test(arguments: ["kvm", "process"]) func aResultHasOneBound(machine: String) throws {
    let node = try Node("--machine", machine)
    try node.place.component(
      "long.wasm",
      """
      (component
        (core module $M
          (memory (export "memory") 100)
          (func (export "of") (param i32) (result i32)
            (memory.fill (i32.const 16) (i32.const 97) (local.get 0))
            (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (local.get 0)) (i32.const 0)))
        (core instance $m (instantiate $M))
        (func (export "of") (param "count" u32) (result string) (canon lift (core func $m "of") (memory (core memory $m "memory")))))
      """)
    try node.deploy("long", "long.wasm")
    let most = 4 << 20
    let whole = try node.post("/f/long/of", "[\(most - 2)]")
    #expect(whole.status == 200 && whole.body.utf8.count == most + 1, "\(whole.status), \(whole.body.utf8.count)")
    for more in [1, 1 << 20] {
      let beyond = try node.post("/f/long/of", "[\(most - 2 + more)]")
      #expect(beyond.status == 500 && beyond.body.contains("more than \(most) bytes"), "\(beyond.body.prefix(300))")
    }
    #expect(try node.post("/f/long/of", "[3]").body == "\"aaa\"\n")
    #expect(try node.coffer("logs", "long").output.contains("the function's result has more than \(most) bytes"))
  }

  /// By `coffer run --http` as by a node, but for the function's name in front of the path.
  @Test func anImageServedAloneIsCalledByPathToo() throws {
    let place = try Workplace()
    try place.module("add.wasm", "(module (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))")
    try #require(try place.run("build", "add.wasm").status == 0)
    let server = try ServedProgram(["run", "--http", "0", "\(place.path)/add.trustlet"], in: place)
    try server.wait(for: "serving add.trustlet at http://127.0.0.1:")
    func answer(_ request: String, _ body: String) throws -> RawAnswer {
      try exchange(server.port, "\(request) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
    for body in ["[2, 3]", "(2, 3)"] {
      let found = try answer("POST /add", body)
      #expect(found.head.hasPrefix("HTTP/1.1 200 ") && found.body == "5\n", "\(found)")
    }
    for (request, body, status, words) in [
      ("GET /", "", 405, "POST /NAME"), ("POST /nope", "[]", 404, "there are: add"), ("POST /add", "[2]", 400, "expected 2"), ("POST /add", "nonsense", 400, "add: func"),
    ] {
      let found = try answer(request, body)
      #expect(found.head.hasPrefix("HTTP/1.1 \(status) ") && found.body.contains(words), "\(request): \(found)")
    }
  }

  @Test func theCommandLineCallsThem() throws {
    let node = try Node()
    try node.place.component("echo.wasm", InvokeCommandTests.echo())
    try node.place.component("names.wasm", InvokeCommandTests.names)
    try node.deploy("echo", "echo.wasm")
    try node.deploy("names", "names.wasm")
    #expect(try node.coffer("invoke", "echo", "--call", "points([{x: 2, y: \"y\"}])").output == "[{x: 2, y: some(\"y\")}]\n")
    #expect(try node.coffer("invoke", "echo", "--call", "points([{x: 2}])", "--json").output == "[{\"x\": 2, \"y\": null}]\n")
    // Names with whatever names of interfaces hold.
    let name = "test:pack/one@1.0.0#get"
    let result = try node.coffer("invoke", "names", "--call", name + "()")
    #expect(result.status == 0 && result.output == "1\n", "\(result)")
    let wrong = try node.coffer("invoke", "echo", "--call", "stings([])")
    #expect(wrong.status == 1 && wrong.errors.contains("404") && wrong.errors.contains("did you mean"), "\(wrong)")
    let values = try node.coffer("invoke", "echo", "--call", "bytes([256])")
    #expect(values.status == 1 && values.errors.contains("400") && values.errors.contains("from 0 to 255"), "\(values)")
    for arguments in [["--call", "strings"], ["--call", "strings([])", "--data", "x"], ["--json"]] {
      #expect(try CofferCommand.run(["invoke", "echo"] + arguments, in: node.place.path).status == 125)
    }
  }

  @Test func aModulesFunctionsTakeNumbers() throws {
    let node = try Node()
    try node.place.module(
      "library.wasm",
      """
      (module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "said\\n")
        (global $count (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $count (i32.const 40)))
        (func (export "add") (param i32 i64) (result i64) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
        (func (export "pair") (result f32 f64) (f32.const 1.5) (f64.const nan))
        (func (export "count") (result i32) (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))
        (func (export "say") (result i32)
          (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 5))
          (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (func (export "trap") unreachable)
        (func (export "leave") (call $exit (i32.const 0)))
        (func (export "loop") (loop (br 0))))
      """)
    try node.place.write("coffer.yaml", Array("time: 300ms\n".utf8))
    let deployed = try node.coffer("deploy", "library", "library.wasm", "--manifest", "coffer.yaml")
    try #require(deployed.status == 0, "\(deployed.errors)")
    #expect(deployed.errors.contains("--call"), "\(deployed.errors)")
    for (path, body, answer) in [
      ("add", "[-1, 43]", "42\n"), ("add", "(-1, 43)", "42\n"), ("add", "{\"p0\": 1, \"p1\": 2}", "3\n"), ("pair", "()", "(1.5, nan)\n"), ("pair", "", "[1.5, \"nan\"]\n"),
      ("count", "", "41\n"), ("count", "", "41\n"), ("say", "()", "0\n"),
    ] {
      let found = try node.post("/f/library/\(path)", body)
      #expect(found.status == 200 && found.body == answer, "\(path): \(found)")
    }
    // What is printed goes to the log, and is no part of an answer.
    #expect(try node.coffer("logs", "library").output.contains("said"))
    for (path, body, status, words) in [
      ("add", "[1]", 400, "2 arguments"), ("add", "[1, 2", 400, "found the end"), ("add", "[4294967296, 1]", 400, "2147483647"), ("ad", "[]", 404, "add"), ("", "[]", 404, "there are"),
      ("trap", "", 500, "trapped"), ("leave", "", 500, "ended"), ("loop", "", 504, "longer"), ("_initialize", "", 404, "no exported function"),
      ("add", String(repeating: " ", count: 1 << 20) + " ", 413, "1048576"),
    ] {
      let found = try node.post("/f/library/\(path)", body)
      #expect(found.status == status && found.body.contains(words), "\(path): \(found)")
      #expect(found.head.contains("application/problem+json"))
    }
    let read = try exchange(node.server.port, "GET /f/library/count HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    #expect(read.head.hasPrefix("HTTP/1.1 405 ") && read.head.lowercased().contains("allow: post"), "\(read)")
  }

  /// What could not answer one call is no function.
  @Test func whatHasNothingToCallIsRefused() throws {
    let node = try Node()
    try node.place.module("memory.wasm", "(module (memory (export \"memory\") 1) (func (export \"reference\") (param externref)))")
    try node.place.component(
      "resource.wasm",
      """
      (component
        (type $r' (resource (rep i32))) (export $r "r" (type $r'))
        (core func $new (canon resource.new $r'))
        (func (export "make") (param "x" u32) (result (own $r)) (canon lift (core func $new))))
      """)
    try node.place.write("secret.yaml", Array("secrets: {PASSWORD: a/b/c}\n".utf8))
    try node.place.write("large.yaml", Array("memory: 64MiB\nfunction: {memory: 1GiB}\n".utf8))
    try node.place.module("hello.wasm", "(module (memory (export \"memory\") 1) (func (export \"_start\")))")
    for (arguments, words) in [
      (["memory.wasm"], ["'reference' (externref) -> ()", "_start", "nothing that a node could call"]), (["resource.wasm"], ["nothing that a node could call"]),
      (["hello.wasm", "--manifest", "secret.yaml"], ["PASSWORD", "--broker", "no broker"]), (["hello.wasm", "--manifest", "large.yaml"], ["1GiB", "64MiB", "function: memory"]),
    ] {
      let result = try CofferCommand.run(
        ["deploy", "refused"] + arguments, in: node.place.path,
        environment: ["COFFER_NODE": "http://127.0.0.1:\(node.server.port)", "COFFER_DATA": node.place.path + "/data"])
      #expect(result.status == 125 && words.allSatisfy { result.errors.contains($0) }, "\(arguments): \(result)")
    }
    // An image is judged as a module is.
    try #require(try node.place.run("build", "hello.wasm", "--manifest", "secret.yaml").status == 0)
    #expect(try node.coffer("deploy", "refused", "hello.trustlet").errors.contains("no broker"))
    #expect(try node.coffer("functions").output.contains("refused") == false)
  }
}
