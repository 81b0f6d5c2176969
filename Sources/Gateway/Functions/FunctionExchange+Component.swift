import FunctionDispatch
import NIOCore
import NIOHTTP1

/// What an exchange with an HTTP component has beside others: its request travels as frames, and so does the answer.
struct ComponentExchange {
  /// The request's first frame, until it has been sent.
  private var head: ByteBuffer?
  var requestTrailers: HTTPHeaders?
  var answer: ComponentAnswer
  var found: CGIAnswer?
  /// Behind a body that is complete.
  var trailers: HTTPHeaders?
  var error: UInt32?
  /// Bytes of a body that are not sent, since the request or the status has none.
  var withheld = 0

  init(_ head: ByteBuffer, isHead: Bool) {
    self.head = head
    answer = ComponentAnswer(isHead: isHead)
  }

  var isComplete: Bool { found != nil && answer.isOver }

  /// What the program reads for a part of the body.
  mutating func input(_ body: ByteBuffer, ends: Bool) -> ByteBuffer {
    var bytes = head ?? ByteBuffer()
    head = nil
    ComponentRequest.append(body: body, to: &bytes)
    if ends { ComponentRequest.appendEnd(trailers: requestTrailers, to: &bytes) }
    return bytes
  }
}

extension FunctionExchange {
  func componentWrote(_ bytes: ByteBuffer) {
    component?.answer.add(bytes)
    do throws(ComponentAnswer.Fault) {
      while let part = try component?.answer.next() {
        switch part {
        case .head(let answer): component?.found = answer
        case .body(var bytes):
          // Nobody may be sent what would be taken for the next answer.
          guard hasBody else {
            component?.withheld += bytes.readableBytes
            break
          }
          if case .sending = output { connection.send(bytes) } else { held.writeBuffer(&bytes) }
        case .end(let trailers): component?.trailers = trailers.isEmpty ? nil : trailers
        case .error(let code): component?.error = code
        }
      }
    } catch {
      giveUp(Problem(502, "Bad Gateway", "the component's answer is none: \(error.reason)"))
    }
  }

  private var hasBody: Bool { component?.found.map { answersHaveBody(status: $0.status) } ?? false }

  /// The component goes on: what there is of its answer is sent. One without a body has to be whole.
  func sendComponentsHead() {
    guard let component, let found = component.found, hasBody else { return }
    let length = component.isComplete && component.trailers == nil ? held.readableBytes : found.contentLength
    beginSending(found, length: length)
  }

  func answerWholeComponent(_ ending: CallEnding) {
    guard let component else { return }
    if case .ended(let end) = ending {
      switch end.outcome {
      case .exited where component.error != nil:
        return answer(
          Problem(502, "Bad Gateway", "the component answered with the error \(ComponentAnswer.name(ofError: component.error ?? 0)) of wasi:http"))
      case .exited where component.found == nil: return answer(Problem(502, "Bad Gateway", "the component set no response"))
      case .exited where end.status != 0 || !component.isComplete:
        return answer(Problem(502, "Bad Gateway", "the component did not finish the body of its response"))
      case .exited: break
      case .trapped: return answer(Problem(502, "Bad Gateway", "the component trapped; the function's log says where"))
      default: break
      }
    }
    if let problem = Self.problem(ending) { return answer(problem) }
    guard let found = component.found else { return }
    status = found.status
    output = .ended
    let length: Int? =
      if hasBody { component.trailers == nil || head.version.major == 1 && head.version.minor == 0 ? held.readableBytes : nil
      } else if head.method == .HEAD { found.contentLength ?? (component.withheld > 0 ? component.withheld : nil) } else { nil }
    connection.sendHead(responseHead(found, length: length), inputGoesOn: !inputHasEnded)
    if hasBody && held.readableBytes > 0 { connection.send(held) }
    held = ByteBuffer()
    finish()
  }
}
