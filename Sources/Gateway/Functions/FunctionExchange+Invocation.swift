import FunctionCalls
import FunctionDispatch
import NIOCore
import NIOHTTP1

/// A request that calls an exported function: the path names it, the body has its arguments.
struct InvocationExchange {
  /// Bytes of the arguments' text.
  static let argumentLimit = 1 << 20
  private static let nameLimit = 4096

  private let name: String
  private let wantsForm: String?
  private var input = "json"

  /// - Throws: ``Problem`` for what calls no function.
  init(_ head: HTTPRequestHead, _ address: FunctionAddress, length: Int?) throws(Problem) {
    guard head.method == .POST else {
      throw Problem(405, "Method Not Allowed", "a call of an exported function is a POST to its name, with its arguments as the body: POST \(address.scriptName)/NAME")
    }
    guard length ?? 0 <= Self.argumentLimit else { throw Self.tooLarge }
    let path = address.pathInfo.utf8.first == UInt8(ascii: "/") ? String(address.pathInfo.dropFirst()) : address.pathInfo
    guard path.utf8.count <= Self.nameLimit else { throw Problem(404, "Not Found", "there is no exported function of so long a name") }
    name = path
    wantsForm = head.headers[canonicalForm: "accept"].lazy.compactMap { media -> String? in
      switch media.prefix(while: { $0 != ";" }).lowercased() {
      case "application/json": "json"
      case "text/plain": "wave"
      default: nil
      }
    }.first
  }

  static var tooLarge: Problem { Problem(413, "Content Too Large", "the arguments of a function may have \(argumentLimit) bytes") }

  /// WAVE begins with a parenthesis, JSON never does.
  mutating func note(_ body: ByteBuffer) {
    let first = body.readableBytesView.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    input = first == UInt8(ascii: "(") ? "wave" : "json"
  }

  private var output: String { wantsForm ?? input }

  var call: Invocation { Invocation(function: name, input: input, output: output) }

  var contentType: String { output == "json" ? "application/json" : "text/plain; charset=utf-8" }
}

extension FunctionExchange {
  func answerResult(_ ending: CallEnding, _ invocation: InvocationExchange) {
    if let problem = Self.problem(ending) { return answer(problem) }
    held.writeStaticString("\n")
    status = 200
    output = .ended
    let found = CGIAnswer(
      status: 200, headers: ["content-type": invocation.contentType, "x-content-type-options": "nosniff"], contentLength: nil)
    connection.sendHead(responseHead(found, length: held.readableBytes), inputGoesOn: !inputHasEnded)
    connection.send(held)
    held = ByteBuffer()
    finish()
  }
}

extension CallEnd {
  /// Of a refusal that is the caller's to read: a monitor process's word, so not without bound.
  var callersMessage: String { message.utf8.count <= 4096 ? message : String(message.prefix(1000)) + " ..." }
}
