import Foundation
import ProgramFiles

/// Somebody who answers hello over HTTP: the node or a peer of it.
struct HelloServer {
  let who: String
  let path: String
  let port: UInt16
  private let processes: [ServedProcess]

  init(_ who: String, path: String, port: UInt16, _ processes: [ServedProcess]) throws {
    (self.who, self.path, self.port, self.processes) = (who, path, port, processes)
    do {
      for process in processes where process.port != 0 { try process.waitUntilReady() }
    } catch {
      end()
      throw error
    }
  }

  func end() { for process in processes { process.end() } }

  func plan(connections: Int, seconds: Double, warmUp: Double) -> LoadPlan {
    LoadPlan(
      port: port, requests: [.init(path: path, answer: Data(HelloAnswer.text.utf8))], connections: connections, amount: .seconds(seconds),
      warmUp: warmUp)
  }

  static let plainName = "plain handler"

  static func plain(in scratch: ScratchDirectory) throws -> HelloServer {
    let port = try LoopbackPort.free()
    let server = try ServedProcess(
      plainName, [try ExecutablePath.own(), "bench", "plain-server", "--port", "\(port)"], port: port, in: scratch)
    return try HelloServer(plainName, path: "/f/hello", port: port, [server])
  }
}
