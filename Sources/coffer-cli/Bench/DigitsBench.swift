import ArgumentParser
import BenchmarkKernels
import Coffer
import Glibc
import KVMMachine
import Machine
import Monitor
import ProcessMachine
import ProgramFiles
import TrustletImage
import TrustletRun

/// WasmStone's evaluation, rebuilt.
struct DigitsBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnist",
    abstract: "A service that tells handwritten-like digits apart, as a trustlet, natively and under Wasmtime.",
    discussion: """
      One C program, compiled to WebAssembly and natively (clang -O2, for the default processor and for the one that Coffer generates code
      for). A small network is trained first, on digits that the program draws, and lies in a file; requests of 784 bytes come by standard input,
      answers go to standard output, and the program's own clock times each request, from before it is read until its answer is on its way.
      """)

  @Option(help: "Requests in a round.", transform: ArgumentForm.count)
  var requests = 100

  @Option(help: "How often all take turns.", transform: ArgumentForm.count)
  var rounds = 10

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  private static let network = "network"

  func run() throws {
    try reporting {
      let image = try build.image(of: .module(BenchmarkDigits.wasm, name: "digits"))
      let scratch = try ScratchDirectory()
      defer { scratch.remove() }
      var report = BenchReport(bench: "mnist")
      let services = try services(image, scratch, &report.missing)
      var samples: [String: [Double]] = [:]
      for round in 1...max(rounds, 1) {
        Terminal.progress("round \(round) of \(rounds)")
        for service in services {
          let lines = try service.serve()
          try check(lines, service.who)
          samples[service.who, default: []] += lines.dropFirst().map { $0.nanoseconds / 1000 }
        }
      }
      Terminal.progress(nil)
      for service in services {
        report.rows.append(BenchReport.Row(name: "request", who: service.who, unit: "us", samples: samples[service.who] ?? []))
      }
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private struct Answer {
    var digit: Substring
    /// Of the request before.
    var nanoseconds: Double
  }

  private struct Service {
    var who: String
    var serve: () throws -> [Answer]
  }

  private func services(_ image: TrustletImage, _ scratch: ScratchDirectory, _ missing: inout [String]) throws -> [Service] {
    let native = try scratch.add("native", BenchmarkDigits.native, executable: true)
    let baseline = try scratch.add("native-v3", BenchmarkDigits.nativeBaseline, executable: true)
    let network = scratch.path + "/" + Self.network
    let input = scratch.path + "/requests"
    _ = try Subprocess.output(of: [native, "train", network])
    _ = try Subprocess.output(of: ["sh", "-c", "\"$1\" requests \"$2\" > \"$3\"", "sh", native, "\(requests)", input])
    var services: [Service] = []
    func add(_ who: String, _ run: @escaping () throws -> String) {
      services.append(Service(who: who) { try Self.answers(in: try run(), of: who) })
    }
    if KVMMachine.availability().isAvailable {
      add("coffer") { try Self.output(of: image, input, scratch.path, KVMMachineKind.shared) }
    } else {
      missing.append("machine kvm: \(KVMMachine.availability().finding)")
    }
    add("coffer process") { try Self.output(of: image, input, scratch.path, MachineChoice.process.kind) }
    for (who, program) in [("native", native), ("native-v3", baseline)] {
      add(who) { try Subprocess.output(of: ["sh", "-c", "exec \"$1\" serve \"$2\" < \"$3\"", "sh", program, network, input]) }
    }
    let wasmtime = WasmtimePeer(module: try scratch.add("digits.wasm", BenchmarkDigits.wasm))
    if wasmtime.isInstalled {
      add("wasmtime") { try wasmtime.output(["serve", Self.network], input: input, directory: scratch.path) }
    } else {
      missing.append("wasmtime (PyPI: wasmtime)")
    }
    return services
  }

  private static func output(of image: TrustletImage, _ input: String, _ directory: String, _ kind: any MachineKind) throws -> String {
    let requests = open(input, O_RDONLY | O_CLOEXEC)
    guard requests >= 0 else { throw CommandFailure("the requests in \(input) cannot be read") }
    defer { close(requests) }
    var options = RunOptions()
    options.directories = [EdgeServiceConfiguration.Directory(hostPath: directory, guestPath: "/data", writable: false)]
    options.streams.input = requests
    return try TrustletOutput.standardOutput(of: image, arguments: ["digits", "serve", Self.network], options, on: kind)
  }

  private static func answers(in text: String, of who: String) throws -> [Answer] {
    try text.split(separator: "\n").map { line in
      let parts = line.split(separator: " ")
      guard parts.count == 2, let nanoseconds = Double(parts[1]) else {
        throw CommandFailure("\(who) answered \"\(line)\"; expected a digit and nanoseconds")
      }
      return Answer(digit: parts[0], nanoseconds: nanoseconds)
    }
  }

  /// Digits are asked for in their order, so it is known which they are.
  private func check(_ answers: [Answer], _ who: String) throws {
    guard answers.count == requests + 1 else {
      throw CommandFailure("\(who) answered \(answers.count - 1) of \(requests) requests")
    }
    let right = answers.dropLast().enumerated().filter { $0.element.digit == "\($0.offset % 10)" }.count
    guard right * 100 >= requests * 95 else { throw CommandFailure("\(who) told \(right) of \(requests) digits; at least 95 of 100 are known") }
  }

  private static func table(_ report: BenchReport) -> String {
    let others = report.rows.map(\.who)
    var lines = ["who".padded(18) + "least us".aligned(12) + "median us".aligned(13) + "p99 us".aligned(13) + "over native-v3".aligned(17)]
    for who in others {
      guard let row = report.row("request", who), let native = report.row("request", "native-v3") else { continue }
      lines.append(
        who.padded(18) + row.minimum.column(12) + row.median.column(13) + row.p99.column(13) + (row.median / native.median).column(17))
    }
    lines.append("ratio: medians")
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}
