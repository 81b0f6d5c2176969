import NIOHTTP1

extension NodeConnection {
  /// The whole name of the only revision that begins so.
  func revision(beginningWith start: String, of name: FunctionName) async throws -> String {
    let function = try decode(FunctionAnswer.self, try await request(.GET, name.path))
    let found = function.revisions.map(\.revision).filter { $0.hasPrefix(start.lowercased()) }
    guard !start.isEmpty, let only = found.first, found.count == 1 else {
      let what = found.isEmpty ? "no revision" : "\(found.count) revisions"
      throw CommandFailure(
        "'\(name.text)' has \(what) that begin\(found.isEmpty ? "s" : "") with '\(Terminal.plain(start))'; coffer functions \(name.text) lists them")
    }
    return only
  }
}
