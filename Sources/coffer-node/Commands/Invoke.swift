import ArgumentParser
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
        coffer invoke echo --data @input.json --header 'Content-Type: application/json'

      Exit status: 1 when the function answers with a status of 400 or more; 125 when Coffer itself fails.
      """)

  @Argument(help: "The function.")
  var name: FunctionName

  @Argument(help: "The path behind the function's name, with its query.")
  var path = "/"

  @Option(help: "GET by default, POST with --data.")
  var method: String?

  @Option(help: ArgumentHelp("The body; @FILE for a file's contents, @- for standard input.", valueName: "text"))
  var data: String?

  @Option(name: .customLong("header"), help: ArgumentHelp("A field of the request.", valueName: "name: value"))
  var headers: [String] = []

  @Option(help: ArgumentHelp("How many seconds to wait.", valueName: "seconds"))
  var timeout: Int64 = 300

  @OptionGroup var options: NodeOptions

  func run() async throws {
    guard timeout > 0, timeout <= 1_000_000 else { throw CommandFailure("--timeout \(timeout): expected seconds, from 1 to 1000000") }
    let method = method?.uppercased() ?? (data == nil ? "GET" : "POST")
    guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw CommandFailure("--method \(Terminal.plain(method)): expected a method of HTTP, as PUT")
    }
    guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw CommandFailure("the path holds what has to be percent-encoded there: a space is %20")
    }
    // A call needs no token, and gets none: the function could read it.
    let connection = NodeConnection(address: try options.address(), token: nil)
    let response = try await connection.send(
      HTTPMethod(rawValue: method), "/f/\(name.text)\(path.hasPrefix("/") ? path : "/" + path)", body: try body(), headers: try fields(),
      withToken: false, seconds: timeout)
    if response.status.code >= 400, response.headers.first(name: "Content-Type") == "application/problem+json" {
      let bytes = try await connection.reading { Array(buffer: try await response.body.collect(upTo: 1 << 20)) }
      Terminal.complain("\(name.text): \(response.status.code): \(connection.refusal(Int(response.status.code), bytes))")
      throw ExitCode(ExitStatus.refused)
    }
    try await connection.reading {
      for try await piece in response.body { Terminal.print(bytes: Array(buffer: piece)) }
    }
    guard response.status.code >= 400 else { return }
    Terminal.complain("\(name.text): it answered with status \(response.status.code)")
    throw ExitCode(ExitStatus.refused)
  }

  private func body() throws -> [UInt8]? {
    guard let data else { return nil }
    return data.hasPrefix("@") ? try InputFile.contents(of: String(data.dropFirst())) : Array(data.utf8)
  }

  private func fields() throws -> [(String, String)] {
    try headers.map { line in
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
        throw CommandFailure("--header '\(Terminal.plain(line))': expected a name, ':' and a value")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      guard line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw CommandFailure("--header: a control character in '\(Terminal.plain(line))'") }
      return (String(line[..<colon]), String(value))
    }
  }
}
