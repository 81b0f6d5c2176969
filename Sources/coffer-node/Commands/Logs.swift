import ArgumentParser
import FoundationEssentials
import Gateway
import NIOCore

struct Logs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a function has written to standard error, and how its calls ended.",
    discussion: """
      Examples:
        coffer logs hello
        coffer logs hello -f
        coffer logs hello --tail 10 --json
      """)

  @Argument(help: "The function.", transform: FunctionName.parse)
  var name: FunctionName

  @Flag(name: [.customShort("f"), .long], help: "Go on with what is written from now on.")
  var follow = false

  @Option(help: ArgumentHelp("How many lines of before; 100 by default.", valueName: "lines"), transform: ArgumentForm.count)
  var tail = 100

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print a line of JSON for each.")
  var json = false

  private static let lineLimit = 1 << 20

  func run() async throws {
    guard (0...LogRing.lineLimit).contains(tail) else {
      throw CommandFailure("--tail \(tail): expected lines, from 0 to \(LogRing.lineLimit), which is all that a node keeps")
    }
    let connection = try options.connection()
    let response = try await connection.send(
      .GET, "\(name.path)/logs?tail=\(tail)&follow=\(follow)", withToken: true, seconds: follow ? 1_000_000 : 60)
    guard response.status.code == 200 else {
      let bytes = try await connection.reading { Array(buffer: try await response.body.collect(upTo: 1 << 20)) }
      throw connection.refusal(Int(response.status.code), bytes)
    }
    var line: [UInt8] = []
    try await connection.reading {
      for try await piece in response.body {
        for byte in piece.readableBytesView {
          if byte == UInt8(ascii: "\n") {
            show(line)
            line.removeAll(keepingCapacity: true)
          } else if line.count < Self.lineLimit {
            line.append(byte)
          }
        }
      }
    }
    show(line)
  }

  private func show(_ bytes: [UInt8]) {
    // An empty one says that the node is still there.
    guard !bytes.isEmpty else { return }
    guard !json, let line = try? JSONDecoder().decode(LogLine.self, from: Data(bytes)) else {
      return Terminal.print(json ? String(decoding: bytes, as: UTF8.self) : Terminal.plain(String(decoding: bytes, as: UTF8.self)))
    }
    // Also the program's: it could write what the node's lines look like.
    Terminal.print("\(Terminal.plain(line.time))  \(Terminal.plain("[\(line.stream)] " + line.text.trimmed))")
  }
}
