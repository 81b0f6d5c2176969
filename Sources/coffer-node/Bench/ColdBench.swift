import ArgumentParser
import Foundation
import ProgramFiles

struct ColdBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cold",
    abstract: "The first answer of functions that are deployed and have no machine, and of one that has just been uploaded.",
    discussion: """
      Each of the deployed functions is another revision with another answer, called once, one after another, with 5 ms between an answer \
      and the next call, so that the node is idle: on a node that keeps the starts of functions that have no machine, as nodes do, and on \
      one that keeps none and begins with the image. What is uploaded is a module of 100 KB of code that nobody has seen before; the time \
      runs from the upload's first byte to the end of its function's first answer.
      """)

  @Option(help: "How many functions are deployed, and called once.")
  var functions = 200

  @Option(help: "How many modules are uploaded.")
  var uploads = 5

  @Option(help: "Bytes of an uploaded module.")
  var size = 100_000

  private static let pause = 0.005

  @OptionGroup var output: BenchOutput
  @OptionGroup var node: MeasuredNode

  func validate() throws {
    guard functions > 0, uploads >= 0, (1000...10_000_000).contains(size) else {
      throw ValidationError("there is at least one function; a module has 1000 to 10000000 bytes")
    }
  }

  func run() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let images = try DistinctFunctions(functions, node, in: scratch)
    var report = NodeBenchReport(bench: "cold")
    var plot = LatencyPlot(title: "request to first byte, one function after another")
    let unprepared = try node.start(in: scratch, ["--templates", "0"])
    do {
      defer { unprepared.end() }
      _ = try callEach(images, "no start kept", keepsStarts: false, unprepared, in: scratch, &report, &plot)
    }
    let server = try node.start(in: scratch, ["--templates", "\(functions + 100)"])
    defer { server.end() }
    let cold = try callEach(images, "start kept", keepsStarts: true, server, in: scratch, &report, &plot)
    report.goal("first call: p50", "ms", atMost: 1, cold.firstByte.microseconds(50) / 1000)
    report.goal("first call: p99", "ms", atMost: 5, cold.firstByte.microseconds(99) / 1000)
    if uploads > 0 { try upload(to: server, in: scratch, &report) }
    Terminal.progress(nil)
    try output.write(plot.svg)
    try report.show(asJSON: output.json)
  }

  /// Deploys all and calls each of them twice. - Returns: how the first calls went.
  private func callEach(
    _ images: DistinctFunctions, _ title: String, keepsStarts: Bool, _ server: NodeServer, in scratch: ScratchDirectory, _ report: inout NodeBenchReport,
    _ plot: inout LatencyPlot
  ) throws -> LoadResult {
    Terminal.progress("deploying \(functions) functions")
    try server.deploy(images.all, connections: 2, in: scratch)
    // The node's own first request, before any of these.
    try server.deploy([("first", try node.image("example:hello", named: "hello", in: scratch))], in: scratch)
    _ = try Load.run(LoadPlan(port: server.port, requests: [.init(path: "/f/first")], amount: .requests(20)), in: scratch)
    if keepsStarts { try server.waitUntilKept(functions, in: scratch) }
    Terminal.progress("calling them")
    let cold = try Load.run(LoadPlan(port: server.port, requests: images.calls, amount: .requests(functions), pause: Self.pause), in: scratch)
    let warm = try Load.run(LoadPlan(port: server.port, requests: images.calls, amount: .requests(functions), pause: Self.pause), in: scratch)
    for (name, result) in [("first call", cold), ("second call", warm)] {
      report.add("\(title): \(name), first byte", MeasuredNode.who, result.firstByte)
      if let complaint = result.complaint { report.complaints.append("\(title): \(name): \(complaint)") }
      plot.add(panel: title, series: name, result.firstByte)
    }
    return cold
  }

  private func upload(to server: NodeServer, in scratch: ScratchDirectory, _ report: inout NodeBenchReport) throws {
    var seconds: [Double] = []
    for number in 1...uploads {
      Terminal.progress("upload \(number) of \(uploads)")
      let module = SyntheticModule(size: size, seed: UInt64.random(in: 0...(.max)))
      let put = try server.management("PUT", "/v1/functions/upload-\(number)", body: Data(module.bytes), type: "application/wasm")
      let call = LoadPlan.Request(path: "/f/upload-\(number)", answer: Data(SyntheticModule.answer.utf8))
      // One connection sends one after the other, and begins with the upload.
      let result = try Load.run(LoadPlan(port: server.port, requests: [put, call], amount: .requests(2)), in: scratch)
      if let complaint = result.complaint { report.complaints.append("upload: \(complaint)") }
      seconds.append(result.seconds)
    }
    report.add("upload of \(size / 1000) KB to its first answer", MeasuredNode.who, "s", seconds)
    report.goal("upload of \(size / 1000) KB to its first answer: median", "s", atMost: 2, seconds.sorted()[seconds.count / 2])
  }
}
