import Foundation
import WasmFormat
import WasmText

func decoded(_ text: String) throws -> Module { try Module.decode(try Wat.encode(Array(text.utf8))) }

/// A directory that is removed with everything in it.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "coffer-wasi-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
