import ArgumentParser
import BenchmarkKernels
import Coffer
import Foundation
import KVMMachine
import NetworkRules
import ProgramFiles
import TrustletImage
import WASIComponents
import WasmFormat

/// WasmStone's evaluation, rebuilt.
struct DigitsBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnist",
    abstract: "A web service that tells handwritten-like digits apart, as a trustlet, natively and under Wasmtime.",
    discussion: """
      One C program, compiled to a component of WASI 0.2 (files, clocks, sockets, streams) and natively (clang -O2, for the default \
      processor and for the one that Coffer generates code for). A small network is trained first, on digits that the program draws, and \
      lies in a file. In each round each of them is started, listens at a port of loopback and answers HTTP requests of 784 bytes over one \
      connection; a client in this process times each, from before it is sent until its answer is there.
      """)

  @Option(help: "Requests in a round.", transform: ArgumentForm.count)
  var requests = 100

  @Option(help: "How often all take turns.", transform: ArgumentForm.count)
  var rounds = 10

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  private static let (network, native) = ("network", "native-v3")
  private static let (request, own) = ("request", "of it by its own clock")

  func run() throws {
    try reporting {
      let scratch = try ScratchDirectory()
      defer { scratch.remove() }
      let program = try scratch.add("native", BenchmarkDigits.native, executable: true)
      // Of the network, and of the digits, in their order: 0 to 9, and again.
      try Self.keep(Self.network, in: scratch, what: [program, "train"])
      let digits = [UInt8](try Self.keep("requests", in: scratch, what: [program, "requests", "\(requests)"]))
      guard digits.count == requests * DigitsConnection.pixels else { throw CommandFailure("\(digits.count) bytes of digits were drawn, not \(requests) of them") }
      var report = BenchReport(bench: "mnist")
      let services = try services(scratch, native: program, &report.missing)
      var (times, own) = ([String: [Double]](), [String: [Double]]())
      for round in 1...max(rounds, 1) {
        Terminal.progress("round \(round) of \(rounds)")
        for service in services {
          let answers = try service.answers(to: digits)
          try check(answers, service.who)
          times[service.who, default: []] += answers.map(\.microseconds)
          own[service.who, default: []] += answers.map(\.own)
        }
      }
      Terminal.progress(nil)
      for (name, samples) in [(Self.request, times), (Self.own, own)] {
        for service in services { report.rows.append(BenchReport.Row(name: name, who: service.who, unit: "us", samples: samples[service.who] ?? [])) }
      }
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  /// Writes what a program prints into a file.
  @discardableResult
  private static func keep(_ name: String, in scratch: ScratchDirectory, what command: [String]) throws -> Data {
    let path = scratch.path + "/" + name
    _ = try Subprocess.output(of: ["sh", "-c", "file=\"$1\"; shift; exec \"$@\" > \"$file\"", "sh", path] + command)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private func services(_ scratch: ScratchDirectory, native: String, _ missing: inout [String]) throws -> [DigitsService] {
    let component = try ClientComponent.make(of: try Module.decode(BenchmarkDigits.core))
    var manifest = Manifest()
    manifest.network = [try NetworkRule("listen:127.0.0.1:0")]
    let image = try scratch.add("digits.trustlet", Array(build.builder().image(of: component, manifest: manifest).encoded))
    let baseline = try scratch.add(Self.native, BenchmarkDigits.nativeBaseline, executable: true)
    let arguments = ["serve", Self.network, "0", "1"]
    let coffer = { (machine: String) in
      [try ExecutablePath.own(), "run", image, "--machine", machine, "--quiet-platform", "--dir", "\(scratch.path)::/data", "--"] + arguments
    }
    var services: [DigitsService] = []
    if KVMMachine.availability().isAvailable {
      services.append(DigitsService(who: "coffer", command: try coffer("kvm"), directory: scratch.path))
    } else {
      missing.append("machine kvm: \(KVMMachine.availability().finding)")
    }
    services.append(DigitsService(who: "coffer process", command: try coffer("process"), directory: scratch.path))
    for (who, program) in [("native", native), (Self.native, baseline)] {
      services.append(DigitsService(who: who, command: [program] + arguments, directory: scratch.path))
    }
    let wasmtime = WasmtimePeer(module: try scratch.add("digits.wasm", component))
    if wasmtime.givesSockets {
      services.append(DigitsService(who: "wasmtime", command: wasmtime.command(serving: arguments, directory: scratch.path), directory: scratch.path))
    } else {
      missing.append("wasmtime with sockets (PyPI: wasmtime, version 50: its interface for Python has no name for them)")
    }
    return services
  }

  /// Digits are asked for in their order, so it is known which they are.
  private func check(_ answers: [DigitsConnection.Answer], _ who: String) throws {
    let right = answers.enumerated().filter { $0.element.digit == UInt8(ascii: "0") + UInt8($0.offset % 10) }.count
    guard right * 100 >= requests * 95 else { throw CommandFailure("\(who) told \(right) of \(requests) digits; at least 95 of 100 are known") }
  }

  private static func table(_ report: BenchReport) -> String {
    var lines: [String] = []
    for name in [request, own] {
      let rows = report.rows.filter { $0.name == name }
      guard let native = report.row(name, native) else { continue }
      lines.append(name.padded(24) + "least us".aligned(12) + "median us".aligned(13) + "p99 us".aligned(13) + "least over \(native.who)".aligned(24) + "median".aligned(9))
      for row in rows {
        lines.append(
          row.who.padded(24) + row.minimum.column(12) + row.median.column(13) + row.p99.column(13) + (row.minimum / native.minimum).column(24)
            + (row.median / native.median).column(9))
      }
    }
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}

/// One that serves: started for a round, and over when its connection is.
private struct DigitsService {
  var who: String
  var command: [String]
  var directory: String

  func answers(to digits: [UInt8]) throws -> [DigitsConnection.Answer] {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardOutput = output
    try process.run()
    defer {
      if process.isRunning { process.terminate() }
      process.waitUntilExit()
    }
    let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = said.split(whereSeparator: \.isWhitespace).last.flatMap({ UInt16($0) }) else {
      throw CommandFailure("\(who) did not begin to listen: it said \(quoted(said))")
    }
    let answers = try Self.answers(to: digits, at: port)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CommandFailure("\(who) ended with status \(process.terminationStatus)") }
    return answers
  }

  /// Over one connection, which is closed behind the last.
  private static func answers(to digits: [UInt8], at port: UInt16) throws -> [DigitsConnection.Answer] {
    let connection = try DigitsConnection(port: port)
    return try stride(from: 0, to: digits.count, by: DigitsConnection.pixels).map { try connection.ask(digits[$0..<($0 + DigitsConnection.pixels)]) }
  }
}
