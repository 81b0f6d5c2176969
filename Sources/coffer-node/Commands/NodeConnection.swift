import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Speaks to a node.
package struct NodeConnection {
  let address: NodeAddress
  package let token: String?
  /// What to do where nobody answers.
  var hint = "start a node with coffer serve, or name another with --node"
  /// How a token is given.
  var tokenHint = "give it with --token or COFFER_TOKEN, or name the node's own directory with --node-data"
  /// Of who did not answer.
  var timeHint = "in time"
  /// Nil for one that trusts the system's authorities.
  var client: HTTPClient?

  /// Of an answer to a command; what functions answer and logs are not held in memory.
  private static let answerLimit = 64 << 20

  struct Answer {
    var status: Int
    var bytes: [UInt8]
  }

  /// A whole answer of the management interface. What it refuses is thrown as it says it.
  func request(
    _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = [], seconds: Int64 = 60
  ) async throws -> [UInt8] {
    let response = try await send(method, path, body: body, headers: headers, withToken: true, seconds: seconds)
    let bytes = try await reading { Array(buffer: try await response.body.collect(upTo: Self.answerLimit)) }
    guard (200..<300).contains(response.status.code) else { throw refusal(Int(response.status.code), bytes) }
    return bytes
  }

  func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw CommandFailure("\(address) answered what this version of coffer does not understand: is it a node of the same version?")
    }
  }

  func send(
    _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = [], withToken: Bool, seconds: Int64
  ) async throws -> HTTPClientResponse {
    var request = HTTPClientRequest(url: address.text + path)
    request.method = method
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if withToken, let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let body { request.body = .bytes(body) }
    let sent = request
    let client = client ?? Self.client
    return try await reading { try await client.execute(sent, timeout: .seconds(seconds)) }
  }

  /// What goes wrong on the way, in words.
  func reading<Result>(_ work: () async throws -> Result) async throws -> Result {
    do {
      return try await work()
    } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
      throw CommandFailure("\(address) did not answer \(timeHint)")
    } catch let error as HTTPClientError where error == .connectTimeout {
      throw CommandFailure("cannot speak to \(address): no connection within \(Self.connectSeconds) s; \(hint)")
    } catch let error as CommandFailure {
      throw error
    } catch is CancellationError {
      throw CommandFailure("interrupted")
    } catch {
      throw CommandFailure("cannot speak to \(address): \(Self.reason(error)); \(hint)")
    }
  }

  static func reason(_ error: any Error) -> String {
    let text = "\(error)"
    if text.contains("ECONNREFUSED") || text.contains("onnection refused") { return "nobody listens there" }
    // BoringSSL's own words are for who has its sources.
    if text.contains("WRONG_VERSION_NUMBER") { return "it answers, and speaks no TLS" }
    if text.contains("EOF during handshake") { return "it ended the handshake; why, the node's log says: where attested channels are, that this is none (--attested, --policy), that there is no such function, or no evidence" }
    return Terminal.plain(text.replacing("\n", with: " "))
  }

  private struct Problem: Decodable {
    /// The key broker's protocol has none.
    var title: String?
    var detail: String?
  }

  func refusal(_ status: Int, _ bytes: [UInt8]) -> CommandFailure {
    guard let problem = try? JSONDecoder().decode(Problem.self, from: Data(bytes)) else {
      return CommandFailure("\(address) answered with status \(status)")
    }
    let text = Terminal.plain(problem.detail ?? problem.title ?? "status \(status)")
    return CommandFailure(status == 401 ? "\(text); \(tokenHint)" : text)
  }

  private static let connectSeconds: Int64 = 10

  private static let client = makeClient { _ in }

  static func makeClient(_ change: (inout HTTPClient.Configuration) -> Void) -> HTTPClient {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(connectSeconds)), decompression: .disabled)
    configuration.connectionPool.retryConnectionEstablishment = false
    // What is asked of a node that ends is not asked again of the next.
    configuration.httpVersion = .http1Only
    change(&configuration)
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  static func close() async { try? await client.shutdown() }
}
