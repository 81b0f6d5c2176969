import NIOCore
import NIOHTTP1

/// A connection of HTTP/1.1, or a stream of HTTP/2, as the requests for functions on it see it; all other requests pass through to those behind it.
/// Belongs to its event loop. One request at a time: whoever is in front of it sees to that.
final class FunctionConnection: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  let eventLoop: any EventLoop
  private let service: FunctionService
  /// Of HTTP/2, where a stream is one request and others go on beside it.
  let isStream: Bool
  /// The only function that may be called here, by evidence that was given for it; nil for any.
  let pinned: PinnedFunction?
  private var context: ChannelHandlerContext?
  private var exchange: FunctionExchange?
  /// A request that others answer, from its head until their answer's end.
  private var passesOn = false
  /// Such a request is not whole, and those who answer it wait for the rest.
  private var passedInputGoesOn = false
  /// Nothing is answered any more; what still comes is thrown away until the caller has seen the end.
  private var isClosing = false
  private var keepsAlive = true
  /// Nothing can be read behind this request.
  private var isLast = false
  /// The request that is being answered is one of HEAD.
  private var isHead = false
  private var discarded = 0
  /// A part of a request is being taken.
  private var isReading = false
  /// An answer whose end was said meanwhile.
  private var ending: (exchange: FunctionExchange, trailers: HTTPHeaders?)?

  // Reading is held up by not passing `read` on.
  private var inputIsHeld = false
  private var readIsWanted = false

  private var watch = ConnectionWatch()
  private var watchTask: RepeatedTask?
  private var knownAddresses: CGIVariables.Connection?

  /// Of a body that nobody wants, before the connection is given up.
  private static let discardLimit = 1 << 20

  init(_ service: FunctionService, eventLoop: any EventLoop, isStream: Bool, pinned: PinnedFunction? = nil) {
    self.service = service
    self.eventLoop = eventLoop
    self.isStream = isStream
    self.pinned = pinned
  }

  var addresses: CGIVariables.Connection {
    if let knownAddresses { return knownAddresses }
    let found = CGIVariables.Connection(context?.channel, isHTTP2: isStream)
    knownAddresses = found
    return found
  }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let this = NIOLoopBound(self, eventLoop: eventLoop)
    watchTask = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { _ in this.value.checkWatch() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    watchTask?.cancel()
    watchTask = nil
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    sayThatItIsCut(context)
    exchange?.callerHasGone()
    exchange = nil
    watchTask?.cancel()
    watchTask = nil
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if ending != nil { sendEnding() }
    if let event = event as? ChannelEvent, event == .inputClosed { inputIsClosed(context) }
    context.fireUserInboundEventTriggered(event)
  }

  private func inputIsClosed(_ context: ChannelHandlerContext) {
    sayThatItIsCut(context)
    guard !isStream, exchange != nil || isClosing else { return }
    // Whoever closes a connection says only this: nobody waits for the answer.
    exchange?.callerHasGone()
    context.close(promise: nil)
  }

  /// To those who answer a request that was passed on: they would take the connection's end for the body's.
  private func sayThatItIsCut(_ context: ChannelHandlerContext) {
    guard passesOn, passedInputGoesOn else { return }
    passedInputGoesOn = false
    context.fireErrorCaught(RequestReading.cut)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if ending != nil { sendEnding() }
    sayThatItIsCut(context)
    guard let error = error as? HTTPParserError, !passesOn else {
      if !passesOn && !isClosing { context.close(promise: nil) }
      return context.fireErrorCaught(error)
    }
    guard !isClosing else { return }
    let problem = Self.problem(error, service.limits)
    let exchange =
      self.exchange
      ?? FunctionExchange(service, HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"), self)
    self.exchange = exchange
    keepsAlive = false
    exchange.giveUp(problem)
  }

  private static func problem(_ error: HTTPParserError, _ limits: FunctionService.Limits) -> Problem {
    switch error {
    case .headerOverflow:
      Problem(
        431, "Request Header Fields Too Large",
        "a request's header may have \(limits.header) bytes in \(limits.headerFields) fields, each of them \(limits.headerField)")
    // The decoder knows those that are registered.
    case .invalidMethod: Problem(501, "Not Implemented", "this method is not known here")
    case .invalidVersion: Problem(505, "HTTP Version Not Supported", "HTTP/1.1 is spoken here, and HTTP/2 with its preface")
    default: Problem(400, "Bad Request", "this is no request of HTTP/1.1")
    }
  }

  private func checkWatch() {
    guard let context else { return }
    let state: ConnectionWatch.State
    if isClosing {
      state = .closing
    } else if let exchange {
      state = exchange.inputHasEnded || inputIsHeld ? .answering : exchange.isCollecting ? .collecting : .receiving
    } else {
      state = !passesOn ? .idle : passedInputGoesOn ? .passing : .answering
    }
    switch watch.check(state, service.limits) {
    case .nothing: break
    case .close:
      exchange?.callerHasGone()
      context.close(promise: nil)
    case .giveUp:
      // Whoever answers a request that was passed on learns that no more of it comes.
      guard exchange != nil else { return context.close(promise: nil) }
      keepsAlive = false
      exchange?.giveUp(Problem(408, "Request Timeout", "the request's body came too slowly"))
    }
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return discard(unwrapInboundIn(data)) }
    guard !passesOn else { return passOn(data, context) }
    isReading = true
    defer { isReading = false }
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head, data, context)
    case .body(let bytes):
      watch.received()
      exchange?.receive(bytes)
      if let exchange, exchange.outputHasEnded { discard(.body(bytes)) }
    case .end(let trailers):
      exchange?.receiveEnd(trailers)
      if let exchange, exchange.outputHasEnded, ending == nil { endExchange() }
    }
  }

  private func passOn(_ data: NIOAny, _ context: ChannelHandlerContext) {
    switch unwrapInboundIn(data) {
    case .head: passedInputGoesOn = true
    case .body(let bytes): watch.received(bytes.readableBytes)
    case .end: passedInputGoesOn = false
    }
    context.fireChannelRead(data)
  }

  private func begin(_ head: HTTPRequestHead, _ data: NIOAny, _ context: ChannelHandlerContext) {
    watch.began()
    // What comes behind such a request the decoder leaves to another protocol, whether that is agreed to or not.
    isLast = !isStream && (head.method == .CONNECT || head.headers.contains(name: "upgrade"))
    keepsAlive = head.isKeepAlive && !isLast
    isHead = head.method == .HEAD
    discarded = 0
    do throws(FunctionAddress.Failure) {
      guard let address = try FunctionAddress(target: head.uri, host: head.headers.first(name: "host"), sole: service.soleFunction) else {
        passesOn = true
        return passOn(data, context)
      }
      let exchange = FunctionExchange(service, head, self)
      self.exchange = exchange
      if let problem = hostProblem(head) {
        exchange.answer(Problem(400, "Bad Request", problem))
      } else if isCodedOtherwise(head) {
        exchange.answer(Problem(501, "Not Implemented", "of transfer codings only chunked is known here"))
      } else {
        exchange.begin(address)
      }
    } catch {
      let exchange = FunctionExchange(service, head, self)
      self.exchange = exchange
      exchange.answer(Problem(400, "Bad Request", "the request's path cannot be decoded"))
    }
  }

  /// RFC 9112, 3.2: a request of HTTP/1.1 has one Host, once; two of them may mean two different things to two readers. In a stream the field may repeat
  /// what the pseudo-field says (RFC 9113, 8.3.1).
  private func hostProblem(_ head: HTTPRequestHead) -> String? {
    var found: String?
    for (name, value) in head.headers where Self.isHost(name.utf8) {
      if let found, !isStream || found != value { return "the request names more than one host" }
      found = value
    }
    return found == nil && !isStream && head.version == .http1_1 ? "the request has no Host, which HTTP/1.1 wants" : nil
  }

  /// RFC 9112, 6.1. The decoder takes off what makes chunks, and would leave the rest to a function that is told nothing of it.
  private func isCodedOtherwise(_ head: HTTPRequestHead) -> Bool {
    guard !isStream, let coding = head.headers.first(name: "transfer-encoding") else { return false }
    return coding.lowercased() != "chunked" || head.headers["transfer-encoding"].count > 1
  }

  /// Asked of every field of every request: nothing is allocated.
  private static func isHost(_ name: String.UTF8View) -> Bool {
    name.count == 4 && zip(name, "host".utf8).allSatisfy { $0 | 0x20 == $1 }
  }

  private func discard(_ part: HTTPServerRequestPart) {
    guard case .body(let bytes) = part else { return }
    discarded += bytes.readableBytes
    if discarded > Self.discardLimit { context?.close(promise: nil) }
  }

  func read(context: ChannelHandlerContext) {
    if inputIsHeld { readIsWanted = true } else { context.read() }
  }

  func holdInput() { inputIsHeld = true }

  func resumeInput() {
    guard inputIsHeld else { return }
    inputIsHeld = false
    watch.received()
    guard readIsWanted else { return }
    readIsWanted = false
    context?.read()
  }

  // MARK: Answers

  /// Others' answers pass through.
  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch Self.unwrapOutboundIn(data) {
    case .head(var head):
      if passesOn, isLast, head.status.code >= 200 { head.headers.replaceOrAdd(name: "connection", value: "close") }
      context.write(Self.wrapOutboundOut(.head(framed(head))), promise: promise)
    case .end where passesOn:
      passesOn = false
      watch.began()
      // The end brings the next request.
      let closes = isLast
      context.write(data, promise: promise)
      if closes {
        context.flush()
        closeInOrder()
      }
    // What would be taken for the next answer (RFC 9110, 9.3.2).
    case .body where passesOn && isHead: promise?.succeed()
    default: context.write(data, promise: promise)
    }
  }

  func sayContinue() {
    guard !isStream, let context else { return }
    write(.head(HTTPResponseHead(version: .http1_1, status: .continue)), context)
    context.flush()
  }

  /// - Parameter inputGoesOn: there will be no waiting for it.
  func sendHead(_ head: HTTPResponseHead, inputGoesOn: Bool) {
    guard let context else { return }
    var head = head
    if !isStream {
      let isOld = head.version.major == 1 && head.version.minor == 0
      if inputGoesOn || isOld && !head.headers.contains(name: "content-length") { keepsAlive = false }
      if !keepsAlive {
        head.headers.replaceOrAdd(name: "connection", value: "close")
      } else if isOld {
        head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
      }
    }
    write(.head(framed(head)), context)
  }

  /// Says where the body ends, where nobody has (RFC 9112, 6): in chunks. The encoder would do it too, and end an answer to HEAD with a chunk.
  private func framed(_ head: HTTPResponseHead) -> HTTPResponseHead {
    guard !isStream else { return head }
    var head = head
    head.headers.remove(name: "transfer-encoding")
    if !head.status.mayHaveResponseBody {
      head.headers.remove(name: "content-length")
    } else if !isHead, head.version.minor > 0, !head.headers.contains(name: "content-length") {
      head.headers.add(name: "transfer-encoding", value: "chunked")
    }
    return head
  }

  /// How the encoder below is to be made.
  static var encoding: HTTPResponseEncoder.Configuration {
    var configuration = HTTPResponseEncoder.Configuration()
    configuration.automaticallySetFramingHeaders = false
    return configuration
  }

  func send(_ bytes: ByteBuffer) {
    guard let context else { return }
    write(.body(.byteBuffer(bytes)), context)
  }

  func flush() { context?.flush() }

  private func write(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext) {
    context.write(Self.wrapOutboundOut(part), promise: nil)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    watch.isWritable(context.channel.isWritable)
    exchange?.connectionIsWritable(context.channel.isWritable)
    context.fireChannelWritabilityChanged()
  }

  /// The exchange's answer is complete.
  ///
  /// Its end brings the next request where that has come already, from within: thousands of requests that are answered as they come, one within the
  /// other, would need more stack than there is. So the end of an answer to what is just being read waits until that has been read.
  func finish(_ exchange: FunctionExchange, trailers: HTTPHeaders? = nil) {
    guard isReading, !isStream else { return end(exchange, trailers) }
    ending = (exchange, trailers)
    let this = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.execute { this.value.sendEnding() }
  }

  private func sendEnding() {
    guard let (exchange, trailers) = ending else { return }
    ending = nil
    end(exchange, trailers)
  }

  private func end(_ exchange: FunctionExchange, _ trailers: HTTPHeaders?) {
    guard let context else { return }
    let (inputHasEnded, goesOn) = (exchange.inputHasEnded, keepsAlive)
    // From the end on the state here may be the next request's.
    if inputHasEnded { forgetExchange() }
    write(.end(trailers), context)
    context.flush()
    // A body that held up its own reading is read again, to be thrown away.
    if !inputHasEnded { resumeInput() }
    if !goesOn { closeInOrder() }
  }

  private func endExchange() {
    forgetExchange()
    if !keepsAlive { closeInOrder() }
  }

  private func forgetExchange() {
    resumeInput()
    exchange = nil
    watch.began()
  }

  /// Closing while the caller still sends would take the answer away from it: it is told that no more comes, and what it sends is thrown away.
  private func closeInOrder() {
    guard !isStream, let context, !isClosing else { return }
    isClosing = true
    exchange = nil
    watch.began()
    context.close(mode: .output, promise: nil)
  }

  /// The answer cannot be completed: its caller is to see that.
  func abort() {
    exchange = nil
    ending = nil
    isClosing = true
    context?.close(promise: nil)
  }
}
