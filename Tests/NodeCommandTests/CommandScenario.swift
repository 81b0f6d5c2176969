import Foundation
import FunctionStore
import Gateway
import Hummingbird
import Logging
import NIOCore
import SampleFunctions
import Testing

/// The commands as a shell runs them, against a management interface in this process.
struct CommandScenario: Sendable {
  let directory: ScratchDirectory
  let store: FunctionStore
  let admin: String
  private let management: Management<ManagementContext>

  struct Result: Sendable {
    var status: Int32
    var output: String
    var errors: String
  }

  init() throws {
    directory = try ScratchDirectory()
    store = try FunctionStore(directory: directory.path + "/data")
    admin = try String(contentsOfFile: store.provideAdminToken(), encoding: .utf8).trimmingCharacters(in: .newlines)
    let builder = FunctionBuilder(program: "/bin/false")
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    management = Management(
      store: store, builder: builder, builds: BuildQueue(store: store, builder: builder, logger: logger), facts: .init(version: "0"))
  }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = "\(directory.path)/\(name)"
    try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Runs `work` with the address of the node.
  /// - Parameter afterLook: what happens when somebody has looked at a function.
  func serving(afterLook: (@Sendable () throws -> Void)? = nil, _ work: @escaping @Sendable (String) async throws -> Void) async throws {
    let router = management.router(hostNames: HostNames())
    // What other rooms serve, as far as the commands look at it.
    for path in ["/f/:name", "/f/:name/**"] as [RouterPath] {
      router.on(path, method: .get) { request, _ in Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: request.uri.string))) }
      router.on(path, method: .post) { request, _ in
        Response(
          status: request.headers[.contentType] == "text/bad" ? .badGateway : .ok,
          body: .init(
            byteBuffer: ByteBuffer(string: "\(request.headers[.authorization] ?? "-") ") + (try await request.body.collect(upTo: 1 << 20))))
      }
    }
    router.get("/v1/functions/:name/logs") { request, context in
      _ = try context.caller(atLeast: .read)
      let line = "{\"time\":\"2026-01-01T00:00:00Z\",\"stream\":\"stderr\",\"text\":\"\\u001b[31mred\\n\",\"request\":\"r\"}\n"
      return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "\n" + line + line.replacing("stderr", with: "end"))))
    }
    let (ports, port) = AsyncStream<Int>.makeStream()
    let application = Application(
      responder: Watched(inner: router.buildResponder(), afterLook: afterLook), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      for await port in ports {
        try await work("http://127.0.0.1:\(port)")
        break
      }
      group.cancelAll()
    }
  }

  private struct Watched<Inner: HTTPResponder>: HTTPResponder where Inner.Context == ManagementContext {
    let inner: Inner
    let afterLook: (@Sendable () throws -> Void)?

    func respond(to request: Request, context: ManagementContext) async throws -> Response {
      let response = try await inner.respond(to: request, context: context)
      if request.method == .get { try afterLook?() }
      return response
    }
  }

  func run(_ arguments: [String], node: String, environment: [String: String] = [:]) async throws -> Result {
    let process = Process()
    process.executableURL = try BrokerProcess.program
    process.arguments = arguments
    process.environment = ["COFFER_NODE": node, "COFFER_DATA": directory.path + "/data", "SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Swift.Result {
            try process.run()
            let text = output.fileHandleForReading.readDataToEndOfFile()
            let complaints = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Result(
              status: process.terminationStatus, output: String(decoding: text, as: UTF8.self), errors: String(decoding: complaints, as: UTF8.self))
          })
      }
    }
  }
}

private func + (left: ByteBuffer, right: ByteBuffer) -> ByteBuffer {
  var sum = left
  sum.writeImmutableBuffer(right)
  return sum
}
