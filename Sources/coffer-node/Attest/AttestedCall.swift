import AttestedChannel
import Foundation
import NIOSSL
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOTLS
import Synchronization

/// One request over an attested channel: the server's certificate is judged inside the handshake, and the request is written after it.
struct AttestedCall {
  struct Answer: Sendable {
    var head: HTTPResponseHead
    var body: ByteBuffer
  }

  let host: String
  let port: Int
  let policy: ChannelPolicy
  let function: String

  private static let bodyLimit = 64 << 20

  /// - Throws: ``ChannelFailure`` where the evidence does not do; nothing has been sent then.
  func send(_ head: HTTPRequestHead, _ body: [UInt8], seconds: Int64) async throws -> Answer {
    let name = ChannelName(function: function)
    let failure = FailureBox()
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    // The name carries the nonce, which the evidence has to answer; that the certificate repeats it says nothing more.
    configuration.certificateVerification = .noHostnameVerification
    let context = try NIOSSLContext(configuration: configuration)
    let policy = policy
    let group = MultiThreadedEventLoopGroup.singleton
    let promise = group.next().makePromise(of: Answer.self)
    let receiver = AnswerReceiver(promise, limit: Self.bodyLimit) { [head, body] context in
      context.write(NIOAny(HTTPClientRequestPart.head(head)), promise: nil)
      if !body.isEmpty { context.write(NIOAny(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
      context.writeAndFlush(NIOAny(HTTPClientRequestPart.end(nil)), promise: nil)
    }
    let connecting = ClientBootstrap(group: promise.futureResult.eventLoop).connectTimeout(.seconds(10)).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let handler = try NIOSSLClientHandler(context: context, serverHostname: name.text) { certificates, verdict in
          do {
            guard let certificate = certificates.first else { throw ChannelFailure.malformed("there is none") }
            _ = try policy.judge(try certificate.toDERBytes(), nonce: name.nonce)
            verdict.succeed(.certificateVerified)
          } catch {
            failure.set(error)
            verdict.succeed(.failed)
          }
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        try channel.pipeline.syncOperations.addHandler(receiver)
      }
    }.connect(host: host, port: port)
    connecting.whenFailure { promise.fail($0) }
    let timeout = promise.futureResult.eventLoop.scheduleTask(in: .seconds(seconds)) { promise.fail(CommandFailure("the function did not answer in time")) }
    defer {
      timeout.cancel()
      connecting.whenSuccess { $0.close(promise: nil) }
    }
    do {
      return try await promise.futureResult.get()
    } catch {
      if let failure = failure.error { throw failure }
      throw error
    }
  }
}

private final class FailureBox: Sendable {
  private let found = Mutex<(any Error)?>(nil)
  var error: (any Error)? { found.withLock { $0 } }
  func set(_ error: any Error) { found.withLock { $0 = error } }
}

/// Sends when the handshake is over, and collects the answer.
///
/// `@unchecked Sendable`: all of it happens on its channel's event loop.
private final class AnswerReceiver: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = HTTPClientResponsePart

  private let promise: EventLoopPromise<AttestedCall.Answer>
  private let limit: Int
  private let send: (ChannelHandlerContext) -> Void
  private var answer: AttestedCall.Answer?

  init(_ promise: EventLoopPromise<AttestedCall.Answer>, limit: Int, send: @escaping (ChannelHandlerContext) -> Void) {
    (self.promise, self.limit, self.send) = (promise, limit, send)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? TLSUserEvent, case .handshakeCompleted = event { send(context) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): answer = AttestedCall.Answer(head: head, body: ByteBuffer())
    case .body(var bytes):
      guard (answer?.body.readableBytes ?? 0) + bytes.readableBytes <= limit else {
        promise.fail(CommandFailure("the answer has more than \(limit) bytes"))
        return context.close(promise: nil)
      }
      answer?.body.writeBuffer(&bytes)
    case .end:
      if let answer { promise.succeed(answer) }
      context.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(CommandFailure("the node ended the connection; its log says why, as does coffer attest"))
  }
}
