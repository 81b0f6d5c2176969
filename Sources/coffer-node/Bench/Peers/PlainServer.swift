import ArgumentParser
import Foundation
import Hummingbird

/// The baseline: Hummingbird answers by itself, with no function behind it.
struct PlainServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plain-server", abstract: "Answers as hello does, with a plain handler.", shouldDisplay: false)

  @Option var port: Int

  func run() async throws {
    let router = Router()
    router.get("/f/hello") { _, _ in
      Response(
        status: .ok,
        headers: [.contentType: "text/plain; charset=utf-8", .xContentTypeOptions: "nosniff"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: HelloAnswer.text)))
    }
    try await Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: port))).runService()
  }
}

/// What hello says, whoever serves it.
enum HelloAnswer {
  static let text = "Hello from inside a trustlet\n"
}
