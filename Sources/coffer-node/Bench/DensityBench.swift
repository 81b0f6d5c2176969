import ArgumentParser
import Foundation
import ProgramFiles

struct DensityBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "density",
    abstract: "What an instance takes, of very many that are in the middle of a request at once; and what very many idle functions cost.",
    discussion: """
      Each instance waits for the end of its body. What they take is what is gone of free and cached memory while all of them wait, kernel \
      memory included, less the load process's own, against the node with one function called; other work on the machine shows in it.
      """)

  @Option(help: "How many instances at once.")
  var instances = 10_000

  @Option(help: "How many functions are deployed and idle while others answer; 0 leaves that out.")
  var functions = 100_000

  // There is no distribution to draw.
  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var node: MeasuredNode

  /// Until what ended, or was freed, is counted as free.
  private static let settling: UInt32 = 2

  func validate() throws {
    guard instances > 0, functions >= 0 else { throw ValidationError("there is at least one instance") }
  }

  func run() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    var report = NodeBenchReport(bench: "density")
    try measureInstances(in: scratch, &report)
    if functions > 0 { try measureIdle(in: scratch, &report) }
    Terminal.progress(nil)
    try report.show(asJSON: json)
  }

  private func measureInstances(in scratch: ScratchDirectory, _ report: inout NodeBenchReport) throws {
    // All of them are one tenant's, which usually leaves some places for others.
    let server = try node.start(in: scratch, ["--tenant-running", "\(instances)"])
    defer { server.end() }
    try server.deploy(
      "echo", try node.image("example:echo", named: "echo", in: scratch),
      manifest: "function:\n  concurrency: \(instances)\n  queue: \(instances)\n  time: 1800s\n", in: scratch)
    // Half of it goes at once, and then a byte every ten seconds: enough for ten minutes and more.
    let body = Data(String(repeating: "a request's body, ", count: 16).utf8)
    let request = LoadPlan.Request(method: "POST", path: "/f/echo", body: body, isChunked: true, answer: body)
    let first = try Load.run(LoadPlan(port: server.port, requests: [request], amount: .requests(10)), in: scratch)
    if let complaint = first.complaint { throw CommandFailure("echo: \(complaint)") }
    sleep(Self.settling)
    let pids = ProcessTree.members(of: server.process.pid)
    let (freeBefore, ownBefore) = (MemoryFigures.free(), MemoryFigures.proportional(pids))
    Terminal.progress("\(instances) requests in their middle")
    let load = try Load(
      LoadPlan(port: server.port, requests: [request], amount: .held(instances), patience: 1800), in: scratch)
    _ = try load.waitUntilHeld()
    let running = try waitForInstances(server, in: scratch)
    sleep(Self.settling)
    let members = ProcessTree.members(of: server.process.pid)
    let loading = MemoryFigures.proportional([load.pid])
    let (freeNow, ownNow) = (MemoryFigures.free(), MemoryFigures.proportional(members))
    try load.release()
    let result = try load.result()
    if let complaint = result.complaint { report.complaints.append("\(instances) instances: \(complaint)") }
    let each = { (kibibytes: Double) in kibibytes * 1.024 / Double(running) }
    let all = each(freeBefore - freeNow - loading)
    report.add("an instance, by free memory", MeasuredNode.who, "KB", [all])
    report.add("an instance, of its processes' own memory", MeasuredNode.who, "KB", [each(ownNow - ownBefore)])
    report.add("processes", MeasuredNode.who, "", [Double(members.count)])
    report.add("\(instances) answers at once, until the last", MeasuredNode.who, "s", [result.seconds])
    report.goal("right answers", "", atLeast: Double(instances), Double(result.answered - result.wrong))
    report.goal("an instance, by free memory", "KB", atMost: 700, all)
  }

  /// Until the node says that so many calls run, but for those that it refused: a node that others slow down makes machines for longer than calls wait.
  /// - Returns: how many run.
  private func waitForInstances(_ server: NodeServer, in scratch: ScratchDirectory) throws -> Int {
    let end = Date(timeIntervalSinceNow: 600)
    var running = 0
    while Date() < end {
      let statistics = try server.statistics(in: scratch)
      running = statistics.running
      Terminal.progress("\(running) of \(instances) instances")
      if running > 0, running + statistics.errors >= instances { return running }
      sleep(1)
    }
    throw CommandFailure("only \(running) of \(instances) calls run after 10 minutes")
  }

  /// The same image under very many names, and hello's rate beside them.
  private func measureIdle(in scratch: ScratchDirectory, _ report: inout NodeBenchReport) throws {
    let server = try node.start(in: scratch)
    defer { server.end() }
    let image = try node.image("example:hello", named: "hello", in: scratch)
    try server.deploy([("hello", image)], in: scratch)
    let load = LoadPlan(
      port: server.port, requests: [.init(path: "/f/hello", answer: Data(HelloAnswer.text.utf8))], connections: 8, amount: .seconds(5),
      warmUp: 1)
    let before = try Load.run(load, in: scratch)
    let own = MemoryFigures.proportional(ProcessTree.members(of: server.process.pid))
    let part = 1000
    for begin in stride(from: 0, to: functions, by: part) {
      Terminal.progress("deploying function \(begin) of \(functions)")
      try server.deploy((begin..<min(begin + part, functions)).map { ("idle-\($0)", image) }, connections: 4, in: scratch)
    }
    let with = try Load.run(load, in: scratch)
    let grown = MemoryFigures.proportional(ProcessTree.members(of: server.process.pid)) - own
    for (name, result) in [("hello alone", before), ("hello beside \(functions) idle functions", with)] {
      report.add("\(name), 8 connections", MeasuredNode.who, result)
      if let complaint = result.complaint { report.complaints.append("\(name): \(complaint)") }
    }
    report.add("an idle function, of the node's memory", MeasuredNode.who, "KB", [grown * 1.024 / Double(functions)])
    report.goal("hello's rate beside \(functions) idle functions, over that alone", "", atLeast: 0.9, with.rate / before.rate)
  }
}
