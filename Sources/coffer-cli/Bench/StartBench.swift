import ArgumentParser
import Coffer
import Glibc
import KVMMachine
import Machine
import ProcessMachine
import ProgramFiles
import TrustletImage
import WasmFormat

struct StartBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start",
    abstract: "How soon hello has run: on new, pooled and warm machines, as a whole process, and in containers.",
    discussion: """
      Measured is the time until the program has ended, with its output in a pipe. Programs of the host and containers are waited for, so \
      letting them go is part of it; letting a trustlet's machine go is not, but for the case that says so. All cases take turns of ten \
      runs, or of as many as take 20 ms.
      """)

  @Option(help: "How often each is started at least.", transform: ArgumentForm.count)
  var runs = 200

  @Option(help: "Only cases whose names contain this.")
  var machine: String?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  func run() throws {
    try reporting {
      let image = try build.image(of: try Application.load(Application.examplePrefix + "hello"))
      let scratch = try ScratchDirectory()
      defer { scratch.remove() }
      var report = BenchReport(bench: "start")
      let known = try cases(image, scratch, &report.missing)
      let cases = known.filter { machine.map($0.name.contains) ?? true }
      guard !cases.isEmpty else {
        throw CommandFailure("no case has \(quoted(machine ?? "")) in its name; there are: \(known.map(\.name).joined(separator: "; "))")
      }
      let samples = try Turns.samples(of: cases.map { start in { try start.microseconds() } }, runs: runs)
      for (start, times) in zip(cases, samples) {
        report.rows.append(BenchReport.Row(name: start.name, who: start.who, unit: "us", samples: times))
      }
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private func cases(_ image: TrustletImage, _ scratch: ScratchDirectory, _ missing: inout [String]) throws -> [StartCase] {
    var cases: [StartCase] = []
    if KVMMachine.availability().isAvailable {
      let kind = KVMMachineKind.shared
      cases += [.newMachine(image, kind), try .pooledClone(image), try .warmReset(image, kind)]
    } else {
      missing.append("machine kvm: \(KVMMachine.availability().finding)")
    }
    let process = MachineChoice.process.kind
    do {
      let start = StartCase.newMachine(image, process)
      _ = try start.microseconds()
      cases += [start, .endedMachine(image, process), .firstMachine(image, ProcessMachineKind()), try .warmReset(image, process)]
    } catch {
      missing.append("machine process: \(error)")
    }
    let file = scratch.path + "/hello.trustlet"
    try image.write(to: file)
    if let program = try Self.runner() {
      cases.append(.process("coffer run IMAGE", who: "coffer", copies: false) { [program, "run", "--quiet-platform", file] })
    } else {
      missing.append("coffer (beside this program)")
    }
    guard let hello = StaticHello.build(in: scratch) else {
      missing.append("a static program (clang and ld.lld did not make one), and with it the containers")
      return cases
    }
    cases.append(.process("static program, vfork+exec+wait", who: "native", copies: false) { [hello] })
    cases.append(.process("static program, fork+exec+wait", who: "native", copies: true) { [hello] })
    for runtime in ContainerPeer.runtimes {
      guard let path = Self.search(runtime), let peer = ContainerPeer(runtime, program: hello, in: scratch) else {
        missing.append(runtime)
        continue
      }
      do {
        cases.append(try container(path, peer))
      } catch {
        missing.append("\(runtime) (installed, but cannot run a container here: \(error))")
      }
    }
    return cases
  }

  /// A case that has run once.
  private func container(_ path: String, _ peer: ContainerPeer) throws -> StartCase {
    var number = 0
    let start = StartCase.process("container", who: peer.runtime, copies: false) {
      number += 1
      return [path] + peer.command(number).dropFirst()
    }
    _ = try start.microseconds()
    return start
  }

  /// The program that runs images, beside this one.
  private static func runner() throws -> String? {
    let path = try ExecutablePath.own().split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/coffer"
    return access(path, X_OK) == 0 ? path : nil
  }

  private static func search(_ program: String) -> String? {
    (Environment.all["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }

  private static func table(_ report: BenchReport) -> String {
    let reference = report.row("static program, vfork+exec+wait", "native")
    var lines = ["case".padded(40) + "who".padded(8) + "least us".aligned(12) + "median us".aligned(13) + "p99 us".aligned(13) + "ratio".aligned(9)]
    for row in report.rows {
      var line = row.name.padded(40) + row.who.padded(8) + row.minimum.column(12) + row.median.column(13) + row.p99.column(13)
      if let reference { line += (row.median / reference.median).column(9) }
      lines.append(line)
    }
    if reference != nil { lines.append("ratio: medians, over vfork+exec+wait of a static program") }
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}
