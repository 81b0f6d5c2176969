import NIOCore
import NIOHTTPTypes

/// Ends a connection behind an answer that says so. What is left of the request would otherwise be waited for, however slowly it comes.
final class CloseAfterAnswer: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private var isLast = false

  /// For the other side to read the answer: to close with bytes unread would take it away from under it.
  private static let linger = TimeAmount.seconds(1)

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head): isLast = head.headerFields[.connection] == "close"
    case .body: break
    case .end where isLast:
      let written = promise ?? context.eventLoop.makePromise()
      let channel = context.channel
      written.futureResult.whenComplete { _ in
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: Self.linger) { channel.close(promise: nil) }
      }
      context.write(data, promise: written)
      return
    case .end: break
    }
    context.write(data, promise: promise)
  }
}
