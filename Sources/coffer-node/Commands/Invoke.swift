import ArgumentParser
import Attestation
import AttestedChannel
import NIOCore
import NIOHTTP1

struct Invoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Calls a function, and prints its answer.",
    discussion: """
      Examples:
        coffer invoke hello
        coffer invoke greeting '/?name=world'
        coffer invoke echo --data 'some input'
        coffer invoke echo --data @input.json \\
          --header 'Content-Type: application/json'
        coffer invoke greeter --call 'greet("world", {times: 2})'
        coffer invoke library --call 'add(2, 3)' --json

      --call is for functions of a component, or of a module, that has no program: its arguments, and the result, are values in WAVE (coffer \
      run --help), of a module numbers.

      With --attested the node is to prove what it runs before anything is sent: its certificate carries evidence of the function for a \
      nonce of this call, which the policy has to accept. TLS ends in the node's front; --node names the address of coffer serve --attested:

        coffer invoke echo --data 'some input' --node https://127.0.0.1:8443 \\
          --attested --policy policy.yaml

      Exit status: 1 when the function answers with a status of 400 or more; 125 when Coffer itself fails.
      """)

  @Argument(help: "The function.", transform: FunctionName.parse)
  var name: FunctionName

  @Argument(help: "The path behind the function's name, with its query.")
  var path = "/"

  @Option(help: "GET by default, POST with --data.")
  var method: String?

  @Option(help: ArgumentHelp("The body; @FILE for a file's contents, @- for standard input.", valueName: "text"))
  var data: String?

  @Option(name: .customLong("header"), help: ArgumentHelp("A field of the request.", valueName: "name: value"))
  var headers: [String] = []

  @Option(help: ArgumentHelp("How long to wait, in seconds or with a unit, as 2m; 300 by default.", valueName: "time"), transform: ArgumentForm.seconds)
  var timeout = 300

  @Option(help: ArgumentHelp("Call this exported function, and print its result.", valueName: "f(args)"))
  var call: String?

  @Flag(help: "Print the result of --call as JSON.")
  var json = false

  @Flag(help: "Send nothing before the node's evidence of the function was accepted, by --policy.")
  var attested = false

  @Option(help: ArgumentHelp("The policy for --attested (YAML), as coffer verify takes it.", valueName: "file"), completion: .file())
  var policy: String?

  @OptionGroup var options: NodeOptions

  func run() async throws {
    guard timeout > 0, timeout <= 1_000_000 else { throw CommandFailure("--timeout: found \(timeout) s, expected 1 to 1000000") }
    guard call != nil || !json else { throw CommandFailure("--json is for --call: what a function answers otherwise is its own") }
    let called = try call.map { try ExportCall($0) }
    guard called == nil || method == nil && data == nil && path == "/" else {
      throw CommandFailure("--call says all of a call: leave the path, --method and --data out")
    }
    let path = called?.path ?? path
    let method = called.map { _ in "POST" } ?? method?.uppercased() ?? (data == nil ? "GET" : "POST")
    guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw CommandFailure("--method \(Terminal.plain(method)): expected a method of HTTP, as PUT")
    }
    guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw CommandFailure("the path holds what has to be percent-encoded there: a space is %20")
    }
    let target = "/f/\(name.text)\(path.hasPrefix("/") ? path : "/" + path)"
    if attested || policy != nil { return try await callAttested(method, target, called) }
    // A call needs no token, and gets none: the function could read it.
    var connection = NodeConnection(address: try options.address(), token: nil)
    if connection.address.text.lowercased().hasPrefix("https:") { connection.hint = "an address of attested channels (coffer serve --attested) wants --attested and --policy" }
    connection.timeHint = "within \(timeout) s; --timeout says how long to wait"
    let response = try await connection.send(
      HTTPMethod(rawValue: method), target, body: try called?.body ?? body(), headers: try fields(),
      withToken: false, seconds: Int64(timeout))
    if response.status.code >= 400, response.headers.first(name: "Content-Type") == "application/problem+json" {
      let bytes = try await connection.reading { Array(buffer: try await response.body.collect(upTo: 1 << 20)) }
      let refusal = connection.refusal(Int(response.status.code), bytes).description
      // The front's words: a function that answers with 404 has its own.
      guard response.status.code != 404 || refusal != "there is no function of this name" else {
        throw CommandFailure("there is no function '\(name.text)'; coffer functions lists those that there are")
      }
      Terminal.complain("\(name.text): \(response.status.code): \(refusal)\(response.status.code == 500 ? "; coffer logs \(name.text) may say why" : "")")
      throw ExitCode(ExitStatus.refused)
    }
    if called != nil, response.status.code < 400, let type = response.headers.first(name: "Content-Type"), !type.hasPrefix(json ? "application/json" : "text/plain; charset=utf-8") {
      throw CommandFailure("\(name.text) answered with \(Terminal.plain(type)), which is no result of --call: it answers requests itself; call it with a path, as coffer invoke \(name.text) /")
    }
    try await connection.reading {
      for try await piece in response.body { Terminal.print(bytes: Array(buffer: piece)) }
    }
    guard response.status.code >= 400 else { return }
    Terminal.complain("\(name.text): it answered with status \(response.status.code)")
    throw ExitCode(ExitStatus.refused)
  }

  private func callAttested(_ method: String, _ target: String, _ called: ExportCall?) async throws {
    guard attested, let policy else { throw CommandFailure("--attested and --policy belong together: the policy says what evidence is accepted") }
    let (host, port) = try options.address().tlsEndpoint()
    let terms: Policy
    do {
      terms = try Policy(yaml: String(decoding: try InputFile.contents(of: policy), as: UTF8.self))
    } catch {
      throw CommandFailure("\(policy): \(error)")
    }
    let body = try called?.body ?? body() ?? []
    var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: target, headers: ["host": host, "connection": "close"])
    for (field, value) in try fields() { head.headers.add(name: field, value: value) }
    if !body.isEmpty || method == "POST" || method == "PUT" { head.headers.replaceOrAdd(name: "content-length", value: "\(body.count)") }
    let answer: AttestedCall.Answer
    do {
      answer = try await AttestedCall(host: host, port: port, policy: ChannelPolicy(terms), function: name.text).send(head, body, seconds: Int64(timeout))
    } catch let failure as ChannelFailure {
      throw CommandFailure("nothing was sent: \(Terminal.plain(failure.description))")
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure("cannot speak to \(host):\(port): \(NodeConnection.reason(error))")
    }
    Terminal.print(bytes: Array(buffer: answer.body))
    guard answer.head.status.code >= 400 else { return }
    Terminal.complain("\(name.text): it answered with status \(answer.head.status.code)")
    throw ExitCode(ExitStatus.refused)
  }

  private func body() throws -> [UInt8]? {
    guard let data else { return nil }
    return data.hasPrefix("@") ? try InputFile.contents(of: String(data.dropFirst())) : Array(data.utf8)
  }

  private func fields() throws -> [(String, String)] {
    let own = call == nil ? [] : [("Content-Type", "text/plain; charset=utf-8"), ("Accept", json ? "application/json" : "text/plain")]
    return own + (try headers.map { line in
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
        throw CommandFailure("--header '\(Terminal.plain(line))': expected a name, ':' and a value")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      guard line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw CommandFailure("--header: a control character in '\(Terminal.plain(line))'") }
      return (String(line[..<colon]), String(value))
    })
  }
}
