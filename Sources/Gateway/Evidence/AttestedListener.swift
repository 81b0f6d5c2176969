import AttestedChannel
import Crypto
import FunctionDispatch
import NIOSSL
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOTLS

/// Serves functions over TLS whose certificate is made for each handshake, with evidence of the function for the caller's nonce that names this
/// process's key. TLS ends here, in the front, and the evidence says so.
public final class AttestedListener: Sendable {
  private let service: FunctionService
  private let dispatcher: Dispatcher
  private let eventLoops: any EventLoopGroup
  private let logger: Logger
  /// Made at the start, gone with this process, and written nowhere.
  private let key = P256.Signing.PrivateKey()

  /// Seconds until a handshake has to be over.
  private static let handshakeTime: Int64 = 30

  init(_ service: FunctionService, _ dispatcher: Dispatcher, eventLoops: any EventLoopGroup, logger: Logger) {
    (self.service, self.dispatcher, self.eventLoops, self.logger) = (service, dispatcher, eventLoops, logger)
  }

  /// - Returns: the listening channel, which ends with its event loops.
  func listen(host: String, port: Int) async throws -> any Channel {
    try await ServerBootstrap(group: eventLoops)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.begin(channel) }
      }
      .bind(host: host, port: port).get()
  }

  private func begin(_ channel: any Channel) throws {
    let deadline = channel.eventLoop.scheduleTask(in: .seconds(Self.handshakeTime)) { channel.close(promise: nil) }
    let watch = HandshakeWatch(deadline)
    let name = SNIHandler { result in
      guard case .hostname(let text) = result, let name = ChannelName(text) else {
        return channel.eventLoop.makeFailedFuture(ChannelFailure.malformed("no name of an attested channel"))
      }
      return self.answer(name, channel, watch).flatMapErrorThrowing { error in
        self.logger.warning("an attested channel was refused", metadata: ["function": "\(name.function)", "reason": "\(error)"])
        channel.close(promise: nil)
        throw error
      }
    }
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

  init(_ deadline: Scheduled<Void>) { self.deadline = deadline }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? TLSUserEvent, case .handshakeCompleted = event { deadline.cancel() }
    context.fireUserInboundEventTriggered(event)
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
