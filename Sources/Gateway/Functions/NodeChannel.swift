import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// HTTP/1.1 and HTTP/2 with prior knowledge (RFC 9113, 3.3) on one port. Requests for functions are answered on the connection's event loop by
/// ``FunctionConnection``; all others reach Hummingbird's responder.
struct NodeChannel: ServerChildChannel, HTTPChannelHandler {
  enum Negotiated: Sendable {
    case http1(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    case http2(HTTP2Channel.Value)
  }

  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let negotiated: EventLoopFuture<Negotiated>
  }

  let service: FunctionService
  private let connections: OpenConnections
  let responder: HTTPChannelHandler.Responder
  private let http2: HTTP2Channel

  init(_ service: FunctionService, _ connections: OpenConnections, responder: @escaping HTTPChannelHandler.Responder) {
    self.service = service
    self.connections = connections
    self.responder = responder
    http2 = HTTP2Channel(
      responder: responder,
      configuration: HTTP2ChannelConfiguration(
        idleTimeout: .seconds(service.limits.idleTime), gracefulCloseTimeout: .seconds(30), maxAgeTimeout: nil,
        streamConfiguration: HTTP1Channel.Configuration(additionalChannelHandlers: [StreamSetup(service)])))
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    connections.add(channel)
    return channel.eventLoop.makeCompletedFuture {
      let promise = channel.eventLoop.makePromise(of: Negotiated.self)
      let preface = PrefaceHandler(promise) { isHTTP2 in
        isHTTP2 ? setUpHTTP2(channel, logger) : setUpHTTP1(channel)
      }
      try channel.pipeline.syncOperations.addHandler(preface)
      return Value(channel: channel, negotiated: promise.futureResult)
    }
  }

  private func setUpHTTP2(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Negotiated> {
    http2.setup(channel: channel, logger: logger).flatMapThrowing { value in
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(StreamErrors(), position: .after(try pipeline.handler(type: NIOHTTP2Handler.self)))
      return .http2(value)
    }
  }

  private func setUpHTTP1(_ channel: any Channel) -> EventLoopFuture<Negotiated> {
    channel.eventLoop.makeCompletedFuture {
      var limits = NIOHTTPDecoderLimitConfiguration()
      limits.maxHeaderFieldSize = service.limits.headerField
      limits.maxHeaderListSize = service.limits.header
      limits.maxHeaderFieldCount = service.limits.headerFields
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(ReadAhead())
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false, withEncoderConfiguration: FunctionConnection.encoding,
        withDecoderLimitConfiguration: limits)
      try pipeline.addHandler(FunctionConnection(service, eventLoop: channel.eventLoop, isStream: false))
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
      return .http1(
        try NIOAsyncChannel(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }
  }

  func handle(value: Value, logger: Logger) async {
    do {
      switch try await value.negotiated.get() {
      case .http1(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
      case .http2(let value): await http2.handle(value: value, logger: logger)
      }
    } catch {
      logger.trace("a connection ended before its first request", metadata: ["error": "\(error)"])
    }
  }
}

/// Puts what a stream of HTTP/2 needs in the place where Hummingbird lets others add handlers, which it asks for without saying for which channel.
private final class StreamSetup: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private let service: FunctionService

  init(_ service: FunctionService) { self.service = service }

  func handlerAdded(context: ChannelHandlerContext) {
    let pipeline = context.pipeline.syncOperations
    do {
      // Each behind this one: the last is added first.
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false), position: .after(self))
      try pipeline.addHandler(FunctionConnection(service, eventLoop: context.eventLoop, isStream: true), position: .after(self))
      try pipeline.addHandler(HTTPToHTTP1ServerCodec(), position: .after(self))
    } catch {
      context.close(promise: nil)
    }
  }
}
