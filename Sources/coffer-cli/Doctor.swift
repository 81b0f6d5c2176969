import ArgumentParser
import Coffer
import JSONText

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says for every requirement of building, running and serving programs whether it is met, and what mends it.",
    discussion: """
      The exit status is 0 when programs can be run here, and 1 when something that is needed is missing.
      """)

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let requirements = Requirement.all(environment: Environment.all)
    if json {
      Terminal.print(
        JSON.array(
          requirements.map {
            .object([
              ("name", .string($0.name)), ("state", .string($0.state.rawValue)), ("finding", .string($0.finding)),
              ("remedy", .string($0.remedy)),
            ])
          }
        ).description)
    } else {
      for requirement in requirements { Self.show(requirement) }
    }
    if requirements.contains(where: { $0.state == .missing }) { throw ExitCode(1) }
  }

  private static func show(_ requirement: Requirement) {
    let mark =
      switch requirement.state {
      case .met: "ok      "
      case .degraded: "limited "
      case .missing: "MISSING "
      }
    let name = requirement.name + String(repeating: " ", count: max(1, 20 - requirement.name.count))
    Terminal.print(mark + name + requirement.finding)
    if !requirement.remedy.isEmpty { Terminal.print(String(repeating: " ", count: 28) + requirement.remedy) }
  }
}
