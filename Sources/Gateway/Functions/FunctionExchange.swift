import FunctionCalls
import FunctionDispatch
import NIOCore
import NIOHTTP1

/// One request for a function and its answer. Belongs to its connection's event loop.
final class FunctionExchange: CallReceiver {
  private enum Input {
    /// Kept until the body is whole.
    case collecting
    /// Passed on as it comes.
    case streaming
    /// Of no interest any more.
    case discarding
    case ended
  }

  enum Output {
    /// Nothing of the answer has been sent.
    case none
    case sending
    case ended
  }

  private let service: FunctionService
  let head: HTTPRequestHead
  let connection: FunctionConnection
  let request: String
  private let trace: TraceContext
  private let arrival: UInt64

  private var address: FunctionAddress?
  private var route: Route?
  private var revision: Revision?
  private var environment = CallEnvironment(capacity: 0)
  private var call: FunctionCall?
  private var isSubmitted = false

  private var input = Input.collecting
  private let hasBody: Bool
  private var body = ByteBuffer()
  private var bodyCount = 0
  var output = Output.none
  /// What the program has written and nobody has been sent.
  var held = ByteBuffer()
  /// Of an HTTP component.
  var component: ComponentExchange?
  /// Of functions that are called by name.
  var invocation: InvocationExchange?
  var status = 0

  init(_ service: FunctionService, _ head: HTTPRequestHead, _ connection: FunctionConnection) {
    self.service = service
    self.head = head
    self.connection = connection
    // With HTTP/2 a body need not be announced, whatever the method.
    hasBody = head.headers.first(name: "content-length").map { $0 != "0" } ?? (connection.isStream || head.headers.contains(name: "transfer-encoding"))
    request = service.requestIdentifier()
    trace = TraceContext(head.headers)
    arrival = NIODeadline.now().uptimeNanoseconds
  }

  /// Whether the whole of a body is waited for.
  var isCollecting: Bool { if case .collecting = input { true } else { false } }

  /// Also where there never was any.
  var inputHasEnded: Bool { if case .ended = input { true } else { !hasBody } }

  var outputHasEnded: Bool { if case .ended = output { true } else { false } }

  // MARK: The request

  func begin(_ address: FunctionAddress) {
    guard let route = service.catalogue.route(address.function) else {
      return answer(Problem(404, "Not Found", "there is no function of this name"))
    }
    self.address = address
    self.route = route
    guard head.method != .CONNECT, head.method != .TRACE else {
      return answer(Problem(405, "Method Not Allowed", "functions are not called by this method"))
    }
    let length = head.headers.first(name: "content-length").flatMap { Int($0) }
    guard length ?? 0 <= service.limits.body else { return answer(tooLarge) }
    if let pinned = connection.pinned, pinned.name != address.function || pinned.tenant != route.tenant {
      return answer(Problem(421, "Misdirected Request", "this connection is attested for another function"))
    }
    // A number that nobody can foresee is a system call.
    guard let revision = connection.pinned?.revision ?? route.revision(draw: route.revisions.count > 1 ? draw : 0) else {
      return answer(Problem(503, "Service Unavailable", "the function has no revision"))
    }
    self.revision = revision
    if revision.settings.answer == .exports {
      do throws(Problem) {
        invocation = try InvocationExchange(head, address, length: length)
      } catch {
        return answer(error)
      }
    } else if revision.settings.answer == .component {
      component = ComponentExchange(ComponentRequest.head(head, address, request: request, trace: trace), isHead: head.method == .HEAD)
    } else {
      environment = CGIVariables.make(head, address, connection.addresses, request: request, trace: trace)
    }
    // Arguments are whole before the call begins: nothing in it waits for whoever sends them.
    if length == nil && hasBody || length ?? 0 > service.limits.wholeBody { input = invocation == nil ? .streaming : .collecting }
    // RFC 9110, 10.1.1: who speaks HTTP/1.0 does not know what that is.
    if head.version.minor > 0, head.headers.first(name: "expect")?.lowercased() == "100-continue" { connection.sayContinue() }
  }

  /// The same number for the same key, so that one caller can stay with one revision; otherwise any.
  private var draw: Int {
    guard let key = head.headers.first(name: "coffer-traffic-key") else { return Int.random(in: 0..<100) }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return Int((hash ^ hash >> 32) % 100)
  }

  private var tooLarge: Problem {
    Problem(413, "Content Too Large", "a request's body may have \(service.limits.body) bytes")
  }

  func receive(_ bytes: ByteBuffer) {
    bodyCount += bytes.readableBytes
    switch input {
    case .collecting:
      if invocation != nil, bodyCount > InvocationExchange.argumentLimit { return giveUp(InvocationExchange.tooLarge) }
      // Its length was announced, and the decoders hold callers to that.
      guard invocation != nil || bodyCount <= service.limits.wholeBody else { return giveUp(tooLarge) }
      var bytes = bytes
      if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
    case .streaming:
      guard bodyCount <= service.limits.body else { return giveUp(tooLarge) }
      if let call {
        if !call.send(read(bytes, ends: false), ends: false) { connection.holdInput() }
      } else {
        submit(bytes, ends: false)
      }
    case .discarding, .ended: break
    }
  }

  func receiveEnd(_ trailers: HTTPHeaders? = nil) {
    component?.requestTrailers = trailers
    switch input {
    case .collecting:
      input = .ended
      submit(body, ends: true)
      body = ByteBuffer()
    case .streaming:
      input = .ended
      if let call { _ = call.send(read(ByteBuffer(), ends: true), ends: true) } else { submit(ByteBuffer(), ends: true) }
    case .discarding, .ended: input = .ended
    }
  }

  /// What the program reads for a part of the body.
  private func read(_ bytes: ByteBuffer, ends: Bool) -> ByteBuffer { component?.input(bytes, ends: ends) ?? bytes }

  private func submit(_ bytes: ByteBuffer, ends: Bool) {
    guard let route, let revision else { return }
    // While its body came the function may have gone, and its name to somebody else.
    guard !hasBody || service.catalogue.route(route.function)?.tenant == route.tenant else {
      self.route = nil
      return answer(Problem(404, "Not Found", "there is no function of this name any more"))
    }
    let bytes = read(bytes, ends: ends)
    invocation?.note(bytes)
    let call = FunctionCall(
      route, revision, environment: environment, request: request, trace: trace.parent, arrival: arrival, input: bytes, inputEnds: ends,
      eventLoop: connection.eventLoop, receiver: self,
      invocation: invocation?.call)
    environment = CallEnvironment(capacity: 0)
    self.call = call
    isSubmitted = true
    service.dispatcher.submit(call)
  }

  func callWantsInput() { connection.resumeInput() }

  /// The caller sends too slowly, or what is no request.
  func giveUp(_ problem: Problem) {
    let call = self.call
    self.call = nil
    call?.stop(service.dispatcher)
    answer(problem)
    if let call { service.dispatcher.answered(call, status: status) }
  }

  func callerHasGone() {
    guard let call else { return }
    self.call = nil
    call.stop(service.dispatcher)
    service.dispatcher.answered(call, status: 0)
    status = 0
    log()
  }

  private func log() {
    service.requestLog?.record(
      function: address?.function, method: head.method.rawValue, path: head.uri, status: status,
      nanoseconds: NIODeadline.now().uptimeNanoseconds - arrival, received: bodyCount, request: request, trace: trace.parent)
  }

  // MARK: The answer

  func callWrote(_ bytes: ByteBuffer) {
    if component != nil { return componentWrote(bytes) }
    var bytes = bytes
    if case .sending = output {
      if answersHaveBody(status: status) { connection.send(bytes) }
      return
    }
    if held.readableBytes == 0 { held = bytes } else { held.writeBuffer(&bytes) }
    if invocation != nil, held.readableBytes > CallEnd.resultLimit {
      giveUp(Problem(502, "Bad Gateway", "the monitor process has sent a longer result than it may"))
    }
  }

  func callPaused() {
    if case .none = output {
      // A result is there when its call has ended.
      if invocation != nil { return }
      if component != nil { sendComponentsHead() } else { sendWhatIsClear() }
    }
    connection.flush()
  }

  func connectionIsWritable(_ isWritable: Bool) {
    guard let call, invocation == nil else { return }
    if isWritable { call.resume() } else { call.pause() }
  }

  /// The program goes on: the answer's head is sent as soon as it can be told.
  private func sendWhatIsClear() {
    let mode = revision?.settings.answer ?? .auto
    if mode != .body {
      switch CGIAnswer.read(held.readableBytesView, isAll: false) {
      case .unfinished: return
      case .answer(let answer, let length):
        held.moveReaderIndex(forwardBy: length)
        return beginSending(answer)
      case .none(let reason):
        if mode == .cgi { return refuse(reason) }
      }
    }
    if held.readableBytes > 0 { beginSending(Self.plain) }
  }

  private static let plain = CGIAnswer(
    status: 200, headers: ["content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"], contentLength: nil)

  /// RFC 9110, 6.4.1 and 15.3.6. What came all the same would be taken for the next answer.
  func answersHaveBody(status: Int) -> Bool { head.method != .HEAD && status != 204 && status != 205 && status != 304 }

  /// - Parameter length: of the body, where that is certain.
  func beginSending(_ answer: CGIAnswer, length: Int? = nil) {
    output = .sending
    status = answer.status
    connection.sendHead(responseHead(answer, length: length), inputGoesOn: false)
    if answersHaveBody(status: status), held.readableBytes > 0 { connection.send(held) }
    held = ByteBuffer()
  }

  private func refuse(_ reason: String) {
    giveUp(Problem(502, "Bad Gateway", "the function's answer is not one of CGI/1.1: \(reason)"))
  }

  func callEnded(_ ending: CallEnding) {
    guard let call else { return }
    self.call = nil
    switch output {
    case .none:
      if component != nil { answerWholeComponent(ending) } else if let invocation { answerResult(ending, invocation) } else { answerWhole(ending) }
    case .sending:
      if case .ended(let end) = ending, end.outcome == .exited, end.status == 0, component?.isComplete ?? true {
        output = .ended
        finish()
      } else {
        // The answer has begun as if all went well: what is left is not to end it as if it had, and to say so where answers are counted.
        status = 500
        connection.abort()
        log()
      }
    case .ended: break
    }
    service.dispatcher.answered(call, status: status)
  }

  private func answerWhole(_ ending: CallEnding) {
    if let problem = Self.problem(ending) { return answer(problem) }
    let mode = revision?.settings.answer ?? .auto
    var found = Self.plain
    if mode != .body {
      switch CGIAnswer.read(held.readableBytesView, isAll: true) {
      case .answer(let answer, let length):
        held.moveReaderIndex(forwardBy: length)
        found = answer
      case .none(let reason):
        if mode == .cgi { return answer(Problem(502, "Bad Gateway", "the function's answer is not one of CGI/1.1: \(reason)")) }
      case .unfinished: break
      }
    }
    status = found.status
    // What a program says of its length counts where it cannot be counted; who says nothing may have more for GET.
    let length = head.method == .HEAD && held.readableBytes == 0 ? found.contentLength : status == 205 ? 0 : held.readableBytes
    output = .ended
    connection.sendHead(responseHead(found, length: status == 204 || status == 304 ? nil : length), inputGoesOn: !inputHasEnded)
    if answersHaveBody(status: status) && held.readableBytes > 0 { connection.send(held) }
    held = ByteBuffer()
    finish()
  }

  func responseHead(_ answer: CGIAnswer, length: Int?) -> HTTPResponseHead {
    var headers = answer.headers
    if !headers.contains(name: "date") { headers.add(name: "date", value: service.dateText()) }
    headers.add(name: "x-request-id", value: request)
    headers.replaceOrAdd(name: "traceresponse", value: trace.parent)
    if let length { headers.add(name: "content-length", value: String(length)) }
    // Functions that share an origin with the node's dashboard are not to act for whoever looks at both.
    if address?.hasOwnOrigin == false { SharedOrigin.confine(&headers) }
    return HTTPResponseHead(version: head.version, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
  }

  /// Instead of anything from the function.
  func answer(_ problem: Problem) {
    guard case .none = output else {
      if case .sending = output { status = problem.status }
      log()
      return connection.abort()
    }
    output = .ended
    status = problem.status
    held = ByteBuffer()
    let text = problem.json
    var headers: HTTPHeaders = [
      "content-type": "application/problem+json", "content-length": String(text.utf8.count), "date": service.dateText(), "x-request-id": request,
      "traceresponse": trace.parent,
    ]
    if problem.status == 405, invocation == nil, revision?.settings.answer == .exports { headers.add(name: "allow", value: "POST") }
    if let retryAfter = problem.retryAfter { headers.add(name: "retry-after", value: String(retryAfter)) }
    connection.sendHead(
      HTTPResponseHead(version: head.version, status: HTTPResponseStatus(statusCode: problem.status), headers: headers),
      inputGoesOn: !inputHasEnded)
    if head.method != .HEAD { connection.send(ByteBuffer(string: text)) }
    if !isSubmitted, let route, let revision = route.revisions.first?.revision {
      service.dispatcher.refused(route, revision, status: status, arrival: arrival)
    }
    finish()
  }

  func finish() {
    input = inputHasEnded ? .ended : .discarding
    log()
    connection.finish(self, trailers: component?.trailers)
  }

  /// What a caller is told of a call that did not end well; nil for one that did.
  static func problem(_ ending: CallEnding) -> Problem? {
    switch ending {
    case .refused(.queueFull): Problem(503, "Service Unavailable", "too many calls of this function wait already", retryAfter: 1)
    case .refused(.queueTimedOut): Problem(503, "Service Unavailable", "the call has waited for its turn as long as calls may", retryAfter: 5)
    case .refused(.draining): Problem(503, "Service Unavailable", "this node is about to end", retryAfter: 5)
    case .refused(.unavailable): Problem(503, "Service Unavailable", "the function cannot be run at present; its log says why", retryAfter: 10)
    case .refused(.tooLarge): Problem(431, "Request Header Fields Too Large", "the request's header is too large for a function")
    case .lost: Problem(502, "Bad Gateway", "the monitor process that ran this call has died; the call may have had effects and was not repeated")
    case .ended(let end):
      switch end.outcome {
      case .exited where end.status == 0: nil
      case .exited: Problem(500, "Internal Server Error", "the function ended with an error")
      case .trapped: Problem(500, "Internal Server Error", "the function trapped")
      case .timedOut: Problem(504, "Gateway Timeout", "the function took longer than it may")
      case .processorTimeUsedUp: Problem(504, "Gateway Timeout", "the function used more processor time than it may")
      case .stopped, .killed: Problem(500, "Internal Server Error", "the function was ended")
      case .failed, .notLoaded: Problem(502, "Bad Gateway", "the function could not be run")
      case .resultTooLong: Problem(500, "Internal Server Error", "the function's result has more than \(CallEnd.resultLimit) bytes, which is all that a call of an exported function passes on")
      case .noFunction: Problem(404, "Not Found", end.callersMessage)
      case .badArguments: Problem(400, "Bad Request", end.callersMessage)
      }
    }
  }
}
