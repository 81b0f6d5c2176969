import AttestedChannel
import Crypto
import FunctionDispatch
import NIOSSL
import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import NIOTLS
import Synchronization

/// Serves functions over TLS whose certificate is made for each handshake, with evidence of the function for the caller's nonce that names this
/// process's key. TLS ends here, in the front, and the evidence says so.
public final class AttestedListener: Sendable {
  private let service: FunctionService
  private let dispatcher: Dispatcher
  private let eventLoops: any EventLoopGroup
  private let connections: OpenConnections
  /// All connections of the node together.
  private let limit: Int
  private let logger: Logger
  private let quiescing: ServerQuiescingHelper
  private let draining = Mutex<EventLoopFuture<Void>?>(nil)
  private let handshakes = Atomic<Int>(0)
  /// Made at the start, gone with this process, and written nowhere.
  private let key = P256.Signing.PrivateKey()

  /// Seconds until a handshake has to be over.
  private static let handshakeTime: Int64 = 30
  /// At once: each has a place of a function's and the attester, before anybody is known.
  private static let handshakeLimit = 256

  init(
    _ service: FunctionService, _ dispatcher: Dispatcher, eventLoops: any EventLoopGroup, connections: OpenConnections, limit: Int, logger: Logger
  ) {
    (self.service, self.dispatcher, self.eventLoops, self.logger) = (service, dispatcher, eventLoops, logger)
    (self.connections, self.limit) = (connections, limit)
    quiescing = ServerQuiescingHelper(group: eventLoops)
  }

  /// Listens no more, ends what waits for its next request, and lets what is answered be answered.
  /// - Returns: when no connection is left.
  @discardableResult
  func drain() -> EventLoopFuture<Void> {
    draining.withLock { draining in
      if let draining { return draining }
      let promise = eventLoops.next().makePromise(of: Void.self)
      quiescing.initiateShutdown(promise: promise)
      draining = promise.futureResult
      return promise.futureResult
    }
  }

  /// - Returns: the listening channel, which ``drain()`` closes.
  func listen(host: String, port: Int) async throws -> any Channel {
    try await ServerBootstrap(group: eventLoops)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(self.quiescing.makeServerChannelHandler(channel: channel)) }
      }
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.begin(channel) }
      }
      .bind(host: host, port: port).get()
  }

  private func begin(_ channel: any Channel) throws {
    guard connections.count < limit, handshakes.load(ordering: .relaxed) < Self.handshakeLimit else { return channel.close(promise: nil) }
    connections.add(channel)
    handshakes.add(1, ordering: .relaxed)
    let deadline = channel.eventLoop.scheduleTask(in: .seconds(Self.handshakeTime)) { channel.close(promise: nil) }
    let watch = HandshakeWatch(deadline) { [self] in handshakes.subtract(1, ordering: .relaxed) }
    let name = SNIHandler { result in
      guard case .hostname(let text) = result, let name = ChannelName(text) else {
        // An ordinary client of TLS would wait for an answer until the handshake's time is over.
        self.logger.notice("a connection for attested channels was closed: it asks for no such channel; coffer invoke --attested does")
        channel.close(promise: nil)
        return channel.eventLoop.makeFailedFuture(ChannelFailure.malformed("no name of an attested channel"))
      }
      return self.answer(name, channel, watch).flatMapErrorThrowing { error in
        self.logger.warning("an attested channel was refused", metadata: ["function": "\(name.function)", "reason": "\(error)"])
        channel.close(promise: nil)
        throw error
      }
    }
    try channel.pipeline.syncOperations.addHandler(Beginner(watch))
    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(name))
  }

  private func answer(_ name: ChannelName, _ channel: any Channel, _ watch: HandshakeWatch) -> EventLoopFuture<Void> {
    guard let route = service.catalogue.route(name.function), let revision = route.revision(draw: Int.random(in: 0..<100)) else {
      return channel.eventLoop.makeFailedFuture(ChannelFailure.malformed("there is no function \(name.function)"))
    }
    let bound = NIOLoopBound(watch, eventLoop: channel.eventLoop)
    return dispatcher.evidence(
      of: route, revision, nonce: name.nonce, frontKey: Array(key.publicKey.rawRepresentation), request: service.requestIdentifier(), on: channel.eventLoop
    ).flatMapThrowing { evidence in
      let certificate = try EvidenceCertificate.make(for: self.key, evidence: evidence)
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(NIOSSLServerHandler(context: self.context(certificate)))
      try pipeline.addHandler(bound.value)
      try self.serve(pipeline, channel, PinnedFunction(name: name.function, tenant: route.tenant, revision: revision))
    }
  }

  private func context(_ certificate: [UInt8]) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(try NIOSSLCertificate(bytes: certificate, format: .der))],
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)))
    configuration.minimumTLSVersion = .tlsv13
    return try NIOSSLContext(configuration: configuration)
  }

  private func serve(_ pipeline: ChannelPipeline.SynchronousOperations, _ channel: any Channel, _ pinned: PinnedFunction) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = service.limits.headerField
    limits.maxHeaderListSize = service.limits.header
    limits.maxHeaderFieldCount = service.limits.headerFields
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false, withEncoderConfiguration: FunctionConnection.encoding,
      withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(FunctionConnection(service, eventLoop: channel.eventLoop, isStream: false, pinned: pinned))
    try pipeline.addHandler(NothingElse())
  }
}

/// The only function that a connection is for, and the revision that its evidence was of.
struct PinnedFunction {
  let name: String
  let tenant: String
  let revision: Revision
}

/// Takes the deadline back when the handshake is over.
private final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let deadline: Scheduled<Void>
  private let whenOver: () -> Void
  private(set) var isOver = false

  init(_ deadline: Scheduled<Void>, _ whenOver: @escaping () -> Void) { (self.deadline, self.whenOver) = (deadline, whenOver) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? TLSUserEvent, case .handshakeCompleted = event { end() }
    context.fireUserInboundEventTriggered(event)
  }

  /// It is done, or its connection is gone.
  func end() {
    guard !isOver else { return }
    isOver = true
    deadline.cancel()
    whenOver()
  }
}

/// Ends a connection whose handshake is not over when the node is about to end; from then on its requests decide.
private final class Beginner: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let watch: HandshakeWatch

  init(_ watch: HandshakeWatch) { self.watch = watch }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent, !watch.isOver { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    watch.end()
    context.fireChannelInactive()
  }
}

/// Answers what is no function's: such a connection is for one function.
private final class NothingElse: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .end = unwrapInboundIn(data) else { return }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    // Not from within the reading: the answer's end brings the next request.
    context.eventLoop.execute {
      let head = HTTPResponseHead(version: .http1_1, status: .notFound, headers: ["content-length": "0"])
      bound.value.write(Self.wrapOutboundOut(.head(head)), promise: nil)
      bound.value.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
