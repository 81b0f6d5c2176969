import FoundationEssentials
import NIOHTTP1

extension NodeConnection {
  func function(_ name: FunctionName) async throws -> FunctionAnswer {
    try decode(FunctionAnswer.self, try await request(.GET, name.path))
  }

  /// Sends a change of a function.
  /// - Parameter seen: as it was looked at for this; if somebody has changed it since, this change is not made.
  func change(_ method: HTTPMethod, _ path: String, _ wish: some Encodable, seen: FunctionAnswer?) async throws -> [UInt8] {
    let condition = seen.map { [("If-Match", "\"\($0.version)\"")] } ?? []
    return try await request(method, path, body: Array(try JSONEncoder().encode(wish)), headers: [("Content-Type", "application/json")] + condition)
  }
}

extension FunctionAnswer {
  /// The whole name of the only revision that begins so.
  func revision(beginningWith start: String) throws -> String {
    let found = revisions.map(\.revision).filter { $0.hasPrefix(start.lowercased()) }
    guard !start.isEmpty, let only = found.first, found.count == 1 else {
      let what = found.isEmpty ? "no revision" : "\(found.count) revisions"
      throw CommandFailure(
        "'\(Terminal.plain(name))' has \(what) that begin\(found.isEmpty ? "s" : "") with '\(Terminal.plain(start))'; coffer functions \(Terminal.plain(name)) lists them")
    }
    return only
  }
}
