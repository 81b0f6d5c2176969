import NIOCore

/// Looks at a connection's first bytes: those of HTTP/2 cannot begin a request of HTTP/1.1 (RFC 9113, 3.4).
final class PrefaceHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let promise: EventLoopPromise<NodeChannel.Negotiated>
  private let setUp: (_ isHTTP2: Bool) -> EventLoopFuture<NodeChannel.Negotiated>
  private var bytes = ByteBuffer()
  private var timeout: Scheduled<Void>?

  /// Nobody needs longer for 24 bytes.
  private static let time = TimeAmount.seconds(30)

  init(
    _ promise: EventLoopPromise<NodeChannel.Negotiated>, setUp: @escaping (_ isHTTP2: Bool) -> EventLoopFuture<NodeChannel.Negotiated>
  ) {
    self.promise = promise
    self.setUp = setUp
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    timeout = context.eventLoop.scheduleTask(in: Self.time) { channel.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var more = unwrapInboundIn(data)
    if bytes.readableBytes == 0 { bytes = more } else { bytes.writeBuffer(&more) }
    guard let isHTTP2 = Self.isHTTP2(bytes.readableBytesView) else { return }
    let ready = setUp(isHTTP2)
    ready.cascade(to: promise)
    let (context, bytes) = (NIOLoopBound(context, eventLoop: context.eventLoop), self.bytes)
    ready.assumeIsolated().whenComplete { result in
      let context = context.value
      guard case .success = result else { return context.close(promise: nil) }
      context.fireChannelRead(NIOAny(bytes))
      context.fireChannelReadComplete()
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(ChannelError.eof)
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // Nothing has begun: at the node's end such a connection is not waited for either.
    if event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// - Returns: nil while it may be either.
  private static func isHTTP2(_ bytes: ByteBufferView) -> Bool? {
    if !bytes.starts(with: preface.prefix(bytes.count)) { return false }
    return bytes.count >= preface.count ? true : nil
  }
}
