import AsyncHTTPClient
import KeyBrokerClient
import KeyBrokerProtocol
import NIOCore
import NIOHTTP1

/// Carries the protocol to a broker by HTTP. TLS ends here, and is judged by the system's certificates; the way between needs no trust, since what a broker
/// releases is encrypted to the instance.
struct HTTPBrokerTransport: BrokerTransport {
  private let base: String

  /// Follows nobody elsewhere: evidence goes where it was said to go, or nowhere.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    // Where nobody listens now, nobody does for the rest of ten seconds.
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  init(_ address: BrokerAddress) {
    let text = address.shown
    base = text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// What goes wrong on the way, in words.
  private func reading<Result>(_ work: () async throws -> Result) async throws -> Result {
    do {
      return try await work()
    } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout || error == .connectTimeout {
      throw CommandFailure("\(base) did not answer in time")
    } catch let error as NIOTooManyBytesError {
      throw CommandFailure("\(base) answered with more than \(error.maxBytes ?? 0) bytes, which no broker does")
    } catch let error as HTTPClientError where "\(error)".contains("invalidHeaderFieldValues") {
      // The error's own text has the token in it.
      throw CommandFailure("\(base) gave a session or token that is no value of a header field")
    } catch {
      let text = "\(error)"
      throw CommandFailure(
        text.contains("onnection refused") ? "nobody listens at \(base): start it with coffer broker serve, or name another with --broker" : "\(base): \(text.replacing("\n", with: " "))")
    }
  }

  func send(_ request: BrokerRequest, limit: Int) async throws -> BrokerResponse {
    var message = HTTPClientRequest(url: base + request.path)
    message.method = HTTPMethod(rawValue: request.method)
    if !request.body.isEmpty {
      message.headers.add(name: "Content-Type", value: "application/json")
      message.body = .bytes(ByteBuffer(bytes: request.body))
    }
    if let session = request.session { message.headers.add(name: "Cookie", value: "\(SessionCookie.name)=\(session)") }
    if let bearer = request.bearer { message.headers.add(name: "Authorization", value: "Bearer \(bearer)") }
    if let nonce = request.nonce { message.headers.add(name: AnswerProof.nonceHeader, value: nonce) }
    let response = try await reading { try await Self.client.execute(message, timeout: .seconds(30)) }
    let body = try await reading { try await response.body.collect(upTo: limit) }
    return BrokerResponse(
      Int(response.status.code), Array(buffer: body), contentType: response.headers.first(name: "Content-Type") ?? "",
      session: response.headers.first(name: "Set-Cookie").flatMap { SessionCookie.identifier(inSetCookie: $0) },
      proof: response.headers.first(name: AnswerProof.header), retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) })
  }
}
