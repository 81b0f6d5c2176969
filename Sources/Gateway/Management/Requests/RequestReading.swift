import FoundationEssentials
import FunctionStore
import HTTPTypes
import Hummingbird
import JSONText

/// What requests say, or the problem with it.
enum RequestReading {
  /// Of a body that people or their programs write.
  static let textLimit = 65_536

  /// The whole body, held once.
  static func bytes(_ request: Request, limit: Int) async throws -> [UInt8] {
    let announced = announcedLength(request)
    if let announced, announced > limit { throw tooLarge(limit) }
    var bytes: [UInt8] = []
    // Pages to which nothing comes take no memory.
    bytes.reserveCapacity(announced ?? 0)
    for try await part in request.body {
      guard part.readableBytes <= limit - bytes.count else { throw tooLarge(limit) }
      bytes.append(contentsOf: part.readableBytesView)
    }
    guard bytes.count >= announced ?? 0 else { throw cut }
    return bytes
  }

  /// Nil where the request does not say how long its body is.
  static func announcedLength(_ request: Request) -> Int? {
    request.headers[.contentLength].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Its caller, or the way there, ended it within its body.
  static let cut = Refusal(.badRequest, "the request ended before its body was whole, and nothing was changed; send it again")

  private static func tooLarge(_ limit: Int) -> Refusal {
    Refusal(.contentTooLarge, "the body has more than \(limit) bytes, which is all that is taken here")
  }

  /// - Parameter nothing: what a request without a body says.
  static func json<Value: Decodable>(_ request: Request, as type: Value.Type, expected: String, ofNothing nothing: String = "") async throws -> Value {
    let sent = try await bytes(request, limit: textLimit)
    let bytes = sent.isEmpty ? Array(nothing.utf8) : sent
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal(.badRequest, "the body is not what this takes: expected JSON as \(expected)")
    }
  }

  static func name(_ context: some RequestContext) throws -> String {
    let name = context.parameters.get("name") ?? ""
    guard ObjectName.isValid(name) else {
      throw Refusal(.badRequest, "\(PrintableText.quoted(name)) cannot be a name; expected 1 to 63 lower-case letters, digits and '-'")
    }
    return name
  }

  /// Parameters that nobody knows are refused: one that was misspelt would be taken for not given.
  static func query(_ request: Request, _ known: Set<String> = []) throws -> [String: String] {
    var values: [String: String] = [:]
    for (key, value) in request.uri.queryParameters {
      guard known.contains(String(key)) else {
        let list = known.sorted().map { "'\($0)'" }.joined(separator: ", ")
        throw Refusal(
          .badRequest, "there is no parameter \(PrintableText.quoted(key)) here; \(known.isEmpty ? "there are none" : "there are \(list)")")
      }
      guard values.updateValue(String(value), forKey: String(key)) == nil else {
        throw Refusal(.badRequest, "the parameter \(PrintableText.quoted(key)) is there twice")
      }
    }
    return values
  }

  /// `If-Match: "VERSION"` and `If-None-Match: *`.
  static func precondition(_ request: Request) throws -> Deployment.Precondition {
    switch (request.headers[.ifMatch], request.headers[.ifNoneMatch]) {
    case (nil, nil), ("*", nil): return .none
    case (nil, "*"): return .absent
    case (let match?, nil):
      guard match.hasPrefix("\""), match.hasSuffix("\""), let version = Int64(match.dropFirst().dropLast()) else {
        throw Refusal(.preconditionFailed, "If-Match is \(PrintableText.quoted(match)); expected one ETag of this function, as \"12\"")
      }
      return .version(version)
    default: throw Refusal(.badRequest, "expected If-Match with one ETag, or If-None-Match with '*', not both and nothing else")
    }
  }
}

extension Response {
  static func json(_ value: JSON, _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    headers[.cacheControl] = "no-store"
    headers[.xContentTypeOptions] = "nosniff"
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: value.description + "\n")))
  }

  static func function(_ record: FunctionRecord, _ status: HTTPResponse.Status = .ok) -> Response {
    .json(record.json, status, headers: [.eTag: "\"\(record.version)\""])
  }
}
