import NIOCore

/// Keeps a connection's socket ready to be read while its request is being answered. Those behind this handler ask for the next bytes only when an
/// answer is complete, and between their asking the socket would be taken from the event loop's selector and put back: two system calls a request.
///
/// What is read ahead is bounded by what one asking allows, and waits in the handlers behind.
final class ReadAhead: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes for each asking, beyond the read that it asks for.
  private static let limit = 4096

  private var allowance = 0
  private var isReading = false

  func read(context: ChannelHandlerContext) {
    allowance = Self.limit
    ask(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReading = false
    allowance -= unwrapInboundIn(data).readableBytes
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    if allowance > 0 { ask(context) }
  }

  private func ask(_ context: ChannelHandlerContext) {
    guard !isReading else { return }
    isReading = true
    context.read()
  }
}
