import ArgumentParser

/// How much load each server gets, and how often.
struct LoadOptions: ParsableArguments {
  @Option(name: [.short, .long], parsing: .upToNextOption, help: "How many connections: one figure or several.")
  var connections: [Int] = [1, 8, 64]

  @Option(help: "Seconds of load for each server, each turn.")
  var seconds = 3.0

  @Option(help: "Turns.")
  var rounds = 3

  func validate() throws {
    guard connections.allSatisfy({ (1...10_000).contains($0) }), seconds > 0, rounds > 0 else {
      throw ValidationError("there are 1 to 10000 connections; seconds and rounds are more than 0")
    }
  }

  var turns: HelloRounds { HelloRounds(connections: connections, seconds: seconds, rounds: rounds) }
}
