import Foundation
import FunctionStore
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import SampleFunctions
import Testing

/// A management interface over a store of its own, with a program in the place of `coffer-tools`.
struct ManagementScenario: Sendable {
  let directory: ScratchDirectory
  let store: FunctionStore
  let management: Management<ManagementContext>
  let builds: BuildQueue
  let admin: String

  /// - Parameter tool: a shell script that is called as `coffer-tools` would be.
  init(tool: String = "exit 1", timeLimit: Int = 60, uploadLimit: Int = 1 << 20) throws {
    directory = try ScratchDirectory()
    store = try FunctionStore(directory: directory.path + "/data")
    let program = directory.path + "/coffer-tools"
    try Data("#!/bin/sh\n\(tool)\n".utf8).write(to: URL(fileURLWithPath: program))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let builder = FunctionBuilder(program: program, timeLimit: timeLimit)
    builds = BuildQueue(store: store, builder: builder, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, pause: .milliseconds(1))
    management = Management(
      store: store, builder: builder, builds: builds, facts: .init(version: "0", machine: { "kvm" }, uploadLimit: uploadLimit))
    admin = try store.addToken(tenant: nil, role: .admin).text
  }

  func test(_ work: @escaping @Sendable (Caller) async throws -> Void) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    try await Application(router: management.router(hostNames: HostNames()), logger: logger).test(.router) { client in try await work(Caller(client: client, token: admin)) }
  }

  /// The same, where something happens between a request's head and its body.
  func test(meanwhile: @escaping @Sendable () async throws -> Void, _ work: @escaping @Sendable (Caller) async throws -> Void) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let responder = LateBody(inner: management.router(hostNames: HostNames()).buildResponder(), meanwhile: meanwhile)
    try await Application(responder: responder, logger: logger).test(.router) { client in try await work(Caller(client: client, token: admin)) }
  }

  private struct LateBody<Inner: HTTPResponder>: HTTPResponder where Inner.Context == ManagementContext {
    let inner: Inner
    let meanwhile: @Sendable () async throws -> Void

    func respond(to request: Request, context: ManagementContext) async throws -> Response {
      var request = request
      let (body, meanwhile) = (request.body, meanwhile)
      request.body = RequestBody(
        asyncSequence: AsyncThrowingStream<ByteBuffer, any Error>(unfolding: {
          try await meanwhile()
          let bytes = try await body.collect(upTo: 1 << 20)
          return bytes.readableBytes > 0 ? bytes : nil
        }).prefix(1))
      return try await inner.respond(to: request, context: context)
    }
  }

  /// Sends requests as the holder of a token.
  struct Caller: Sendable {
    let client: any TestClientProtocol
    var token: String?

    func with(_ token: String?) -> Caller { Caller(client: client, token: token) }

    @discardableResult
    func send(
      _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]? = nil, fields: [HTTPField.Name: String] = [:]
    ) async throws -> Answer {
      var headers: HTTPFields = [:]
      if let token { headers[.authorization] = "Bearer \(token)" }
      for (name, value) in fields { headers[name] = value }
      return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) }) { response in
        Answer(status: response.status.code, headers: response.headers, body: Data(buffer: response.body))
      }
    }

    @discardableResult
    func send(_ method: HTTPRequest.Method, _ path: String, text: String) async throws -> Answer {
      try await send(method, path, Array(text.utf8))
    }
  }

  struct Answer: Sendable {
    var status: Int
    var headers: HTTPFields
    var body: Data

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
    var detail: String { json["detail"] as? String ?? "" }
    var text: String { String(decoding: body, as: UTF8.self) }

    /// By measurement.
    var shares: [String: Int] {
      let revisions = json["revisions"] as? [[String: Any]] ?? []
      return Dictionary(uniqueKeysWithValues: revisions.map { ($0["revision"] as? String ?? "", $0["percent"] as? Int ?? -1) })
    }
  }
}
