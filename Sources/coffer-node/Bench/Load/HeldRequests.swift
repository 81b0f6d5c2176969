import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import ProgramFiles

/// Very many requests in their middle at once: each sends all but its body's end, and that when the word for it comes on standard input.
///
/// Until then a byte of the body goes every ten seconds: a server need not wait for a body that has stopped.
///
/// By HTTP/2 with prior knowledge (RFC 9113, 3.3), a hundred over a connection: one connection each would take as many descriptors again of the
/// server as its instances do.
struct HeldRequests {
  private let plan: LoadPlan
  private let count: Int

  /// As many as servers allow at least (RFC 9113, 6.5.2).
  private static let requestsOfConnection = 100

  init(_ plan: LoadPlan, _ count: Int) throws {
    guard plan.requests.first != nil, count > 0 else { throw CommandFailure("a load needs a request, at least once") }
    (self.plan, self.count) = (plan, count)
  }

  func run() throws -> LoadResult {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { try? group.syncShutdownGracefully() }
    let loop = group.next()
    let held = try ask(on: loop)
    // Those whose answer came before their end are over.
    Terminal.print("held \(try loop.submit { held.count { $0.isWaiting } }.wait())")
    _ = StandardInput.passLine()
    let begin = LoadClock.now
    try loop.submit { for request in held { request.release() } }.wait()
    var result = LoadResult()
    for request in held { note(request.result(within: plan.patience), since: begin, in: &result) }
    result.seconds = Double(LoadClock.now - begin) / 1e9
    return result
  }

  /// Sends all of them; those of one connection behind one another, connections at the same time.
  private func ask(on loop: any EventLoop) throws -> [HeldRequest] {
    var connections: [EventLoopFuture<[HeldRequest]>] = []
    for first in stride(from: 0, to: count, by: Self.requestsOfConnection) {
      let numbers = first..<min(first + Self.requestsOfConnection, count)
      connections.append(connect(on: loop).flatMap { multiplexer in
        EventLoopFuture.whenAllSucceed(numbers.map { open(plan.requests[$0 % plan.requests.count], multiplexer, on: loop) }, on: loop)
      })
    }
    return try EventLoopFuture.whenAllSucceed(connections, on: loop).wait().flatMap { $0 }
  }

  private func connect(on loop: any EventLoop) -> EventLoopFuture<NIOHTTP2Handler.StreamMultiplexer> {
    ClientBootstrap(group: loop).connectTimeout(.seconds(60)).connect(host: "127.0.0.1", port: Int(plan.port)).flatMap { channel in
      channel.configureHTTP2Pipeline(
        mode: .client, connectionConfiguration: .init(), streamConfiguration: .init(), inboundStreamInitializer: { $0.close() })
    }
  }

  private func open(_ request: LoadPlan.Request, _ multiplexer: NIOHTTP2Handler.StreamMultiplexer, on loop: any EventLoop) -> EventLoopFuture<HeldRequest> {
    let held = HeldRequest(request, authority: request.host ?? "127.0.0.1:\(plan.port)", on: loop)
    let opened = loop.makePromise(of: (any Channel).self)
    multiplexer.createStreamChannel(promise: opened) { stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandlers([HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .http), held])
      }
    }
    return opened.futureResult.flatMap { _ in held.sent }.map { held }
  }

  private func note(_ outcome: Result<HeldRequest.Answer, any Error>, since begin: UInt64, in result: inout LoadResult) {
    switch outcome {
    case .failure(let error): result.failures["\(error)", default: 0] += 1
    case .success(let answer):
      result.answered += 1
      result.statuses[answer.status, default: 0] += 1
      result.latency.record(max(1, answer.time - min(begin, answer.time)))
      if answer.isWrong {
        result.wrong += 1
        result.wrongAnswer = result.wrongAnswer ?? "\(answer.status) \(String(decoding: answer.body.prefix(200), as: UTF8.self))"
      }
    }
  }
}

/// One request of ``HeldRequests``, and what comes of it.
///
/// `@unchecked Sendable`: all but the futures is its event loop's.
private final class HeldRequest: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  struct Answer: Sendable {
    var status = 0
    var body: [UInt8] = []
    var time: UInt64 = 0
    var isWrong = false
  }

  private struct NoAnswer: Error, CustomStringConvertible { let description: String }

  private let request: LoadPlan.Request
  private let authority: String
  private let wasSent: EventLoopPromise<Void>
  private let answered: EventLoopPromise<Answer>
  private var context: ChannelHandlerContext?
  private var answer = Answer()
  /// Of the body, what has not gone yet.
  private var body: ByteBuffer
  private var trickle: RepeatedTask?
  private static let pause = TimeAmount.seconds(10)
  /// Of a wrong answer, which has no bound of its own.
  private static let kept = 1 << 16

  init(_ request: LoadPlan.Request, authority: String, on loop: any EventLoop) {
    (self.request, self.authority) = (request, authority)
    body = ByteBuffer(bytes: request.body ?? Data())
    wasSent = loop.makePromise()
    answered = loop.makePromise()
  }

  /// All that goes at first has gone.
  var sent: EventLoopFuture<Void> { wasSent.futureResult }

  var isWaiting: Bool { context != nil }

  func release() {
    trickle?.cancel()
    guard let context else { return }
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  /// The last byte stays for the release.
  private func sendByte() {
    guard let context, body.readableBytes > 1, let byte = body.readSlice(length: 1) else { return }
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(byte))), promise: nil)
  }

  func result(within seconds: Double) -> Result<Answer, any Error> {
    let late = answered.futureResult.eventLoop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) { [answered] in
      answered.fail(NoAnswer(description: "none in \(seconds) s"))
    }
    defer { late.cancel() }
    return Result { try answered.futureResult.wait() }
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func channelActive(context: ChannelHandlerContext) {
    var headers = HTTPHeaders([("host", authority)])
    for (name, value) in request.headers { headers.add(name: name, value: value) }
    let head = HTTPRequestHead(version: .init(major: 2, minor: 0), method: HTTPMethod(rawValue: request.method), uri: request.path, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let first = body.readSlice(length: body.readableBytes / 2) ?? ByteBuffer()
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(first))), promise: wasSent)
    trickle = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.pause, delay: Self.pause) { [weak self] _ in self?.sendByte() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): answer.status = Int(head.status.code)
    case .body(let bytes): if answer.body.count + bytes.readableBytes <= Self.kept { answer.body += bytes.readableBytesView }
    case .end:
      answer.time = LoadClock.now
      answer.isWrong = request.status.map { $0 != answer.status } ?? false || request.answer.map { !$0.elementsEqual(answer.body) } ?? false
      self.context = nil
      trickle?.cancel()
      answered.succeed(answer)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end("\(error)", context) }

  func channelInactive(context: ChannelHandlerContext) { end("closed without an answer", context) }

  private func end(_ why: String, _ context: ChannelHandlerContext) {
    self.context = nil
    trickle?.cancel()
    let failure = NoAnswer(description: why)
    wasSent.fail(failure)
    // Nothing happens where it was answered before.
    answered.fail(failure)
    context.close(promise: nil)
  }
}
