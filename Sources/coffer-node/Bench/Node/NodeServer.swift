import Foundation
import ProgramFiles

/// A node under load: `coffer-node serve`, on a port and with a data directory of its own.
struct NodeServer {
  let port: UInt16
  let process: ServedProcess
  let data: String

  init(_ arguments: [String], in scratch: ScratchDirectory) throws {
    port = try LoopbackPort.free()
    data = "\(scratch.path)/data-\(UUID().uuidString)"
    process = try ServedProcess(
      "node", [try ExecutablePath.own(), "serve", "--listen", "127.0.0.1:\(port)", "--data", data] + arguments, port: port, in: scratch)
    do { try process.waitUntilReady() } catch {
      process.end()
      throw error
    }
  }

  func end() { process.end() }

  func token() throws -> String {
    do {
      return try String(contentsOfFile: "\(data)/admin-token", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      throw CommandFailure("the node has made no token: \(error.localizedDescription); it says: \(process.complaints)")
    }
  }

  /// A request to /v1.
  func management(_ method: String, _ path: String, body: Data? = nil, type: String = "application/octet-stream") throws -> LoadPlan.Request
  {
    var request = LoadPlan.Request(method: method, path: path, body: body)
    request.headers = ["Authorization": "Bearer \(try token())"]
    if body != nil { request.headers["Content-Type"] = type }
    request.status = nil
    return request
  }

  @discardableResult
  func deploy(_ functions: [(name: String, image: Data)], connections: Int = 1, in scratch: ScratchDirectory) throws -> LoadResult {
    let requests = try functions.map { try management("PUT", "/v1/functions/\($0.name)", body: $0.image) }
    let result = try Load.run(
      LoadPlan(port: port, requests: requests, connections: connections, amount: .requests(requests.count)), in: scratch)
    if let complaint = result.complaint { throw CommandFailure("deploying: \(complaint)") }
    return result
  }

  /// With a manifest of its own for what a call may use.
  func deploy(_ name: String, _ image: Data, manifest: String, in scratch: ScratchDirectory) throws {
    let boundary = "coffer-bench-part"
    var body = Data()
    for (part, content) in [("manifest", Data(manifest.utf8)), ("program", image)] {
      body +=
        Data("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part)\"; filename=\"\(part)\"\r\n\r\n".utf8) + content
        + Data("\r\n".utf8)
    }
    body += Data("--\(boundary)--\r\n".utf8)
    let put = try management("PUT", "/v1/functions/\(name)", body: body, type: "multipart/form-data; boundary=\(boundary)")
    let result = try Load.run(LoadPlan(port: port, requests: [put], amount: .requests(1)), in: scratch)
    if let complaint = result.complaint { throw CommandFailure("deploying \(name): \(complaint)") }
  }

  struct Statistics {
    var running = 0
    /// Calls that failed or were refused.
    var errors = 0
    /// Functions whose start is kept, as the processes have last reported.
    var kept = 0
    var machines = 0
  }

  /// Of all functions, as the node counts.
  func statistics(in scratch: ScratchDirectory) throws -> Statistics {
    struct Answer: Decodable {
      struct Function: Decodable { var running, errors, templateBytes, machines: Int }
      var functions: [Function]
    }
    let result = try Load.run(
      LoadPlan(port: port, requests: [try management("GET", "/v1/statistics?limit=10000&histograms=false")], amount: .requests(1), keepsAnswer: true), in: scratch)
    guard let answer = result.lastAnswer else { throw CommandFailure("the node tells no statistics: \(result.complaint ?? "")") }
    let functions = try JSONDecoder().decode(Answer.self, from: answer).functions
    return Statistics(
      running: functions.reduce(0) { $0 + $1.running }, errors: functions.reduce(0) { $0 + $1.errors }, kept: functions.count { $0.templateBytes > 0 },
      machines: functions.reduce(0) { $0 + $1.machines })
  }

  /// Until the starts of so many functions are kept.
  func waitUntilKept(_ count: Int, in scratch: ScratchDirectory) throws {
    for _ in 0..<120 {
      if try statistics(in: scratch).kept >= count { return }
      usleep(500_000)
    }
    throw CommandFailure("after 60 s the node keeps the starts of \(try statistics(in: scratch).kept) functions, expected \(count)")
  }
}
