import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import KeyBroker
import KeyBrokerProtocol
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// HTTP/1.1 before a ``KeyBroker``: reads a request whole, within bounds of size and time, hands it over, and writes the answer. It knows nothing of what
/// they mean.
package struct BrokerServer: Sendable {
  package struct Limits: Sendable {
    /// Seconds for a whole request's body.
    package var bodyTime = 10
    /// Seconds without anything, after which a connection ends.
    package var idleTime = 30
    /// At once; others wait in the system's queue.
    package var connections = 4096
    /// Of them, of one address (of IPv6: of its first 64 bits).
    package var peerConnections = 256
    /// Bytes of bodies that are on their way or not answered yet.
    package var bodies = 256 << 20
    /// Of them, of one address.
    package var peerBodies = 32 << 20
    package var headerField = 32 << 10

    package init() {}
  }

  private let broker: KeyBroker
  private let limits: Limits
  private let logger: Logger
  private let tls: TLSConfiguration?
  private let room: BodyRoom

  /// - Parameter tls: nil for plain HTTP, which is for loopback or for a proxy that is trusted.
  package init(_ broker: KeyBroker, tls: TLSConfiguration? = nil, limits: Limits = Limits(), logger: Logger) {
    (self.broker, self.tls, self.limits, self.logger) = (broker, tls, limits, logger)
    room = BodyRoom(limit: limits.bodies, peerLimit: limits.peerBodies)
  }

  /// Serves until the process is told to end (SIGTERM, SIGINT) or the task is cancelled.
  /// - Parameter whenListening: is told the port.
  package func run(host: String, port: Int, whenListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
    let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
      maxHeaderFieldSize: limits.headerField, maxHeaderListSize: limits.headerField * 2, maxHeaderFieldCount: 64)
    let peers = PeerConnections(limit: limits.peerConnections)
    let plain = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [PeerConnections.Handler(peers), CloseAfterAnswer()], idleTimeout: .seconds(Int64(limits.idleTime)), httpDecoderConfiguration: decoder))
    let application = Application(
      responder: CallbackResponder { (request: Request, context: PeerContext) in await answer(request, context) },
      server: try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain,
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: nil, backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
      onServerRunning: { channel in await whenListening(channel.localAddress?.port ?? 0) }, logger: logger)
    try await application.runService(gracefulShutdownSignals: [.sigterm, .sigint])
  }

  /// The request's connection, for who is at its other end.
  private struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let peer: String

    init(source: ApplicationRequestContextSource) {
      coreContext = CoreRequestContextStorage(source: source)
      peer = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
  }

  private func answer(_ request: Request, _ context: PeerContext) async -> Response {
    do throws(ProtocolProblem) {
      var asked = try head(request, peer: context.peer)
      // Before a stranger's megabytes are taken in.
      try broker.admit(asked)
      let size = try size(of: request, limit: KeyBroker.bodyLimit(of: asked))
      try room.enter(size, of: context.peer)
      defer { room.leave(size, of: context.peer) }
      asked.body = try await body(request, limit: size)
      let (broker, whole) = (broker, asked)
      do {
        // The disk is waited for elsewhere.
        return response(try await NIOThreadPool.singleton.runIfActive { broker.answerAdmitted(whole) })
      } catch {
        throw ProtocolProblem(.failure, "the broker is ending; try again", status: 503, retryAfter: 5)
      }
    } catch {
      var response = response(BrokerResponse(error))
      // What of the request was not read is not read any more.
      response.headers[.connection] = "close"
      return response
    }
  }

  private func head(_ request: Request, peer: String) throws(ProtocolProblem) -> BrokerRequest {
    let cookies = request.headers[values: .cookie]
    let authorizations = request.headers[values: .authorization]
    guard cookies.count <= 1, authorizations.count <= 1 else { throw ProtocolProblem(.form, "the request has more than one Cookie or Authorization") }
    var bearer: String?
    if let field = authorizations.first {
      let parts = field.split(separator: " ", omittingEmptySubsequences: true)
      guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw ProtocolProblem(.token, "the Authorization field is not 'Bearer' and a token") }
      bearer = String(parts[1])
    }
    return BrokerRequest(
      request.method.rawValue, request.uri.path, session: cookies.first.flatMap { SessionCookie.identifier(inCookie: $0) }, bearer: bearer,
      nonce: HTTPField.Name(AnswerProof.nonceHeader).flatMap { request.headers[$0] }, peer: peer)
  }

  /// How many bytes the body has at most.
  private func size(of request: Request, limit: Int) throws(ProtocolProblem) -> Int {
    guard let text = request.headers[.contentLength] else { return limit }
    guard let length = Int(text), (0...limit).contains(length) else { throw Self.tooLarge(limit) }
    return length
  }

  private static func tooLarge(_ limit: Int) -> ProtocolProblem {
    ProtocolProblem(.form, "the body has more than \(limit) bytes, which is all that is taken here", status: 413)
  }

  /// The body, if it comes in time: not by a byte every now and then.
  private func body(_ request: Request, limit: Int) async throws(ProtocolProblem) -> [UInt8] {
    let seconds = limits.bodyTime
    do {
      return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
        group.addTask { Array(buffer: try await request.body.collect(upTo: limit)) }
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let bytes = first else {
          throw ProtocolProblem(.form, "the body did not come within \(seconds) s", status: 408)
        }
        return bytes
      }
    } catch let problem as ProtocolProblem {
      throw problem
    } catch is NIOTooManyBytesError {
      throw Self.tooLarge(limit)
    } catch {
      throw ProtocolProblem(.form, "the body could not be read")
    }
  }

  private func response(_ answer: BrokerResponse) -> Response {
    var headers: HTTPFields = [.contentType: answer.contentType, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
    if let session = answer.session {
      headers[.setCookie] = SessionCookie.setCookie(session, seconds: broker.sessionSeconds, isSecure: tls != nil)
    }
    if let proof = answer.proof, let name = HTTPField.Name(AnswerProof.header) { headers[name] = proof }
    if let seconds = answer.retryAfter { headers[.retryAfter] = "\(seconds)" }
    if answer.status == 401 { headers[.wwwAuthenticate] = "Bearer realm=\"coffer-broker\"" }
    return Response(status: .init(code: answer.status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
  }
}
