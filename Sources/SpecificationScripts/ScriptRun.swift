import Coffer
import ComponentLinking
import EdgeCalls
import Machine
import Monitor
import TrustletImage

/// Runs a plan's steps in a trustlet, one after another, and compares.
struct ScriptRun {
  let image: TrustletImage
  let machine: any MachineKind
  /// For each step; a script that has not answered by then never will.
  static let timeLimit = TimeSpan.seconds(60)

  func run(_ steps: [ScriptPlan.Step]) throws -> Tally {
    var tally = Tally()
    var options = RunOptions()
    options.time = Self.timeLimit
    let trustlet = try TrustletRunner.start(image, options, on: machine)
    for (index, step) in steps.enumerated() {
      let outcome: Outcome
      switch step.action {
      case .command(let command):
        outcome = trustlet.perform(command)
        judge(step, outcome, &tally)
      case .instantiate(let numbers):
        outcome = instantiate(numbers, trustlet)
        judge(step, outcome, &tally)
      case .component(let call):
        let found = call.perform(on: trustlet)
        outcome = found.outcome
        judge(step, found, &tally)
      }
      guard outcome.isContinuable else {
        tally.fail(step.line, "the trustlet ended, and \(steps.count - index - 1) steps with it: \(outcome)")
        return tally
      }
    }
    return tally
  }

  private func instantiate(_ numbers: Range<Int>, _ trustlet: Trustlet) -> Outcome {
    var outcome = Outcome.finished([])
    for number in numbers {
      outcome = trustlet.perform(.instantiate(instance: UInt32(number)))
      guard case .finished = outcome else { break }
    }
    return outcome
  }

  private func judge(_ step: ScriptPlan.Step, _ found: ComponentCall.Found, _ tally: inout Tally) {
    if let fault = found.fault { return tally.fail(step.line, fault) }
    guard case .values(let expected) = step.expectation, case .finished = found.outcome else {
      return judge(step, found.outcome, &tally)
    }
    let holds = expected.count == found.values.count && zip(expected, found.values).allSatisfy { $0.matches($1) }
    tally.check(step.line, holds, "expected \(expected), found \(found.values)")
  }

  private func judge(_ step: ScriptPlan.Step, _ outcome: Outcome, _ tally: inout Tally) {
    switch (step.expectation, outcome) {
    case (.success, .finished):
      // Only assertions count.
      break
    case (.results(let expected, let types), .finished(let slots)):
      let holds = expected.count == types.count && zip(expected, zip(slots, types)).allSatisfy { $0.0.matches($0.1.0, $0.1.1) }
      tally.check(step.line, holds, "expected \(expected), found \(slots)")
    case (.trap(let message), .trapped(let trap)):
      let phrase = trap.kind.phrase
      let isCanonical = CanonicalTrap(TrapDescription(trap, in: image)).map { $0.isMeant(by: message) } ?? false
      tally.check(
        step.line, message.hasPrefix(phrase) || phrase.hasPrefix(message) || isCanonical,
        "expected the trap \"\(message)\", found \(TrapDescription(trap, in: image))")
    case (.unlinkable, .trapped(let trap)):
      tally.check(step.line, trap.kind == .incompatibleImport, "expected to be unlinkable, found \(TrapDescription(trap, in: image))")
    case (_, .trapped(let trap)): tally.fail(step.line, "unexpected \(TrapDescription(trap, in: image))")
    case (.trap(let message), _): tally.fail(step.line, "expected the trap \"\(message)\", found \(outcome)")
    case (.unlinkable, _): tally.fail(step.line, "linked although it must not")
    case (_, _): tally.fail(step.line, "found \(outcome)")
    }
  }
}
