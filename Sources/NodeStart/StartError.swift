/// What a node image cannot start with.
package struct StartError: Error, Equatable, CustomStringConvertible {
  package let what: String
  package let found: String
  package let expected: String

  init(_ what: String, found: String, expected: String) {
    self.what = what
    self.found = found
    self.expected = expected
  }

  package var description: String { "\(what): found \(found), expected \(expected)" }
}
