/// What the management interface answers, as far as commands show it.
struct FunctionAnswer: Decodable {
  struct Revision: Decodable {
    var revision: String
    var percent: Int
    var origin: String
    var bytes: Int
    var created: String
    var settings: Settings
  }

  struct Settings: Decodable { var answer: String }

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
