import FunctionDispatch
import Hummingbird

/// Which functions somebody wants to see, in which order, and how much of each.
struct StatisticsQuery: Hashable, Sendable {
  enum Order: String, CaseIterable, Sendable {
    case name
    case requests
    case errors
    case running
    case queued
    case machines
    case memory
  }

  /// Functions at most, in one answer.
  static let limit = 10_000

  /// In the function's name; empty for all.
  var filter = ""
  var order = Order.name
  var offset = 0
  var limit = 1000
  var hasHistograms = true
  /// One function that is shown in full, wherever it stands in the list.
  var function: String?

  /// - Throws: an answer of status 400 that names the parameter.
  init(_ parameters: some Sequence<(key: Substring, value: Substring)>, isStream: Bool) throws {
    if isStream {
      limit = 50
      hasHistograms = false
    }
    for (key, value) in parameters {
      switch key {
      case "filter": filter = String(value.prefix(63)).lowercased()
      case "function": function = String(value.prefix(63))
      case "sort":
        guard let order = Order(rawValue: String(value)) else {
          throw Self.wrong(key, "one of \(Order.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.order = order
      case "offset": offset = try Self.number(value, key, upTo: 1_000_000_000)
      case "limit": limit = try Self.number(value, key, upTo: Self.limit)
      case "histograms": hasHistograms = try Self.flag(value, key)
      default: throw HTTPError(.badRequest, message: "there is no parameter \(LogText.shown(String(key), limit: 64)) here")
      }
    }
  }

  static func number(_ value: Substring, _ key: Substring, upTo limit: Int) throws -> Int {
    guard let number = Int(value), number >= 0, number <= limit else { throw wrong(key, "a number from 0 to \(limit)") }
    return number
  }

  static func flag(_ value: Substring, _ key: Substring) throws -> Bool {
    switch value {
    case "true", "": true
    case "false": false
    default: throw wrong(key, "true or false")
    }
  }

  private static func wrong(_ key: Substring, _ expected: String) -> HTTPError {
    HTTPError(.badRequest, message: "the parameter \(key) should be \(expected)")
  }
}
