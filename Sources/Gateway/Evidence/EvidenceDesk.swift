import FunctionCalls
import FunctionDispatch
import FunctionStore
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Evidence of functions for whoever asks the management for it: carried as the node's attester made it, unread.
public final class EvidenceDesk: Sendable {
  public static let mediaType = "application/vnd.coffer.evidence+cbor"

  private struct Source {
    let dispatcher: Dispatcher
    let store: FunctionStore
  }

  private let source = Mutex<Source?>(nil)

  public init() {}

  /// Where evidence comes from, as soon as there is that.
  public func open(_ dispatcher: Dispatcher, _ store: FunctionStore) { source.withLock { $0 = Source(dispatcher: dispatcher, store: store) } }

  public var operation: Operation<ManagementContext> {
    Operation(
      "getEvidence", .get, "/v1/functions/{name}/evidence",
      "Evidence of an instance of the function that is alive now, bound to the caller's nonce at every level: for coffer verify, or another verifier.",
      role: .read,
      parameters: [
        .init("name", .path, "The function.", OpenAPISchemas.name),
        .init(
          "nonce", .query, "8 to 64 bytes that nobody could foresee, as hexadecimal digits.", ["type": "string", "pattern": "^([0-9A-Fa-f]{2}){8,64}$"],
          isRequired: true),
        .init("revision", .query, "One that has calls; by default that with most of them.", OpenAPISchemas.measurement),
      ],
      answers: [
        .init(
          200, "The evidence.", .init(Self.mediaType, ["type": "string", "format": "binary"]), fields: [("Coffer-Revision", "Of which revision it is.")])
      ],
      problems: [400, 404, 501, 502, 503]
    ) { [self] request, context, caller in try await evidence(request, context, caller) }
  }

  private func evidence(_ request: Request, _ context: ManagementContext, _ caller: Caller?) async throws -> Response {
    let query = try RequestReading.query(request, ["nonce", "revision"])
    let name = try RequestReading.name(context)
    guard let nonce = Self.bytes(query["nonce"] ?? ""), FunctionCalls.EvidenceRequest.nonceSizes.contains(nonce.count) else {
      throw Refusal(.badRequest, "nonce is \(PrintableText.quoted(query["nonce"] ?? "")); expected 8 to 64 bytes as hexadecimal digits")
    }
    guard let source = source.withLock({ $0 }) else { throw Refusal(.serviceUnavailable, "the node is starting", headers: [.retryAfter: "1"]) }
    guard let record = source.store.function(name), caller?.mayUse(tenant: record.tenant) == true, let route = source.store.route(name) else {
      throw FunctionStore.noFunction(name)
    }
    let found = query["revision"].map { wanted in route.revisions.first { $0.revision.measurement == wanted } } ?? route.revisions.max { $0.percent < $1.percent }
    guard let revision = found?.revision else {
      throw Refusal(.notFound, "no revision of '\(name)' that has calls is \(PrintableText.quoted(query["revision"] ?? "")); GET /v1/functions/\(name) lists them")
    }
    let identifier = context.logger[metadataKey: "hb.request.id"].map { "\($0)" } ?? ""
    let evidence: [UInt8]
    do {
      evidence = try await source.dispatcher.evidence(of: route, revision, nonce: nonce, request: identifier).get()
    } catch let refusal as EvidenceRefusal {
      throw refusal.problem(of: name)
    }
    var headers: HTTPFields = [.contentType: Self.mediaType, .cacheControl: "no-store"]
    headers[.xContentTypeOptions] = "nosniff"
    if let field = HTTPField.Name("Coffer-Revision") { headers[field] = revision.measurement }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: evidence)))
  }

  /// Nil for anything but pairs of hexadecimal digits.
  static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16), digits[index] != UInt8(ascii: "+") else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

extension EvidenceRefusal {
  func problem(of function: String) -> Refusal {
    switch self {
    case .noAttester: Refusal(.notImplemented, "this node gives no evidence: it was started without a platform; start it with coffer serve --platform NAME")
    case .refused(.draining): Refusal(.serviceUnavailable, "this node is about to end", headers: [.retryAfter: "5"])
    case .refused: Refusal(.serviceUnavailable, "'\(function)' has no place now in which an instance could be shown", headers: [.retryAfter: "5"])
    case .lost: Refusal(.badGateway, "the monitor process died that was to state the instance, or the attester did; ask again")
    case .failed(let reason): Refusal(.badGateway, "there is no evidence of '\(function)': \(reason)")
    }
  }
}
