import Foundation

/// What is asked of a server, over how many connections and how often. One process carries it out and says a ``LoadResult``.
struct LoadPlan: Codable, Sendable {
  struct Request: Codable, Sendable {
    var method = "GET"
    var path: String
    /// The name in the request; nil for the address.
    var host: String?
    var headers: [String: String] = [:]
    var body: Data?
    /// The body goes without its length said: a server cannot wait for all of it.
    var isChunked = false
    /// The status and the body that are right; another answer counts as wrong. No status: any of 200 to 299. No body: any.
    var status: Int? = 200
    var answer: Data?
  }

  enum Amount: Codable, Sendable {
    /// Closed loop: each connection asks again as soon as it has its answer.
    case seconds(Double)
    /// So many in all, each sent once.
    case requests(Int)
    /// So many at once, by ``HeldRequests``: each but for its body's end, which goes when that is told.
    case held(Int)
  }

  /// On 127.0.0.1: a benchmark asks nobody else.
  var port: UInt16
  /// Asked in turn, by whichever connection is free.
  var requests: [Request]
  var connections = 1
  var amount = Amount.seconds(5)
  /// Seconds at the beginning that do not count.
  var warmUp = 0.0
  /// Seconds behind each answer, for plans of one connection: what the server does behind its answers is then over. They are spent awake: a
  /// processor of a virtual machine that slept would need longer to wake than what is measured.
  var pause = 0.0
  /// Seconds that one answer may take.
  var patience = 60.0
  /// The last answer's body is wanted.
  var keepsAnswer = false
}
