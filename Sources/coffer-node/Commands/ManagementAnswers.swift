/// What the management interface answers, as far as commands show it.
struct FunctionAnswer: Decodable {
  struct Revision: Decodable {
    var revision: String
    var percent: Int
    var origin: String
    var bytes: Int
    var created: String
    var settings: Settings
    /// One instance serves many requests, each of which may see what was left there.
    var isReused: Bool { settings.reuse == true }
  }

  struct Settings: Decodable {
    var answer: String
    /// Nil from a node that has not got it.
    var reuse: Bool?
  }

  var name: String
  var tenant: String
  var path: String
  var version: Int
  var building: Bool
  var updated: String
  var revisions: [Revision]

  var serving: [Revision] { revisions.filter { $0.percent > 0 } }
}

struct FunctionsAnswer: Decodable {
  var functions: [FunctionAnswer]
  /// The name behind which to go on; nil at the end.
  var next: String?
}

struct LogLine: Decodable {
  var time: String
  var stream: String
  var text: String
  var request: String?
}
