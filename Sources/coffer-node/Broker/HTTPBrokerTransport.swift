import AsyncHTTPClient
import KeyBrokerClient
import KeyBrokerProtocol
import NIOCore
import NIOHTTP1

/// Carries the protocol to a broker by HTTP. TLS ends here, and is judged by the system's certificates.
struct HTTPBrokerTransport: BrokerTransport {
  private let connection: NodeConnection

  init(_ connection: NodeConnection) { self.connection = connection }

  func send(_ request: BrokerRequest, limit: Int) async throws -> BrokerResponse {
    var headers: [(String, String)] = []
    if !request.body.isEmpty { headers.append(("Content-Type", "application/json")) }
    if let session = request.session { headers.append(("Cookie", "\(SessionCookie.name)=\(session)")) }
    if let bearer = request.bearer { headers.append(("Authorization", "Bearer \(bearer)")) }
    if let nonce = request.nonce { headers.append((AnswerProof.nonceHeader, nonce)) }
    let response = try await connection.send(
      HTTPMethod(rawValue: request.method), request.path, body: request.body.isEmpty ? nil : request.body, headers: headers, withToken: false, seconds: 30)
    let body = try await connection.reading { Array(buffer: try await response.body.collect(upTo: limit)) }
    return BrokerResponse(
      Int(response.status.code), body, contentType: response.headers.first(name: "Content-Type") ?? "",
      session: response.headers.first(name: "Set-Cookie").flatMap { SessionCookie.identifier(inSetCookie: $0) },
      proof: response.headers.first(name: AnswerProof.header), retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) })
  }
}
