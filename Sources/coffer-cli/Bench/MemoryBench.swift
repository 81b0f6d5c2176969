import ArgumentParser
import Coffer
import Foundation
import KVMMachine
import Machine
import Monitor
import ProgramFiles
import TrustletImage
import TrustletRun

struct MemoryBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory",
    abstract: "What a live clone of hello takes, kernel memory included.",
    discussion: """
      Clones that have run to their end and are kept, in one process and in several. Their own memory is the processes' proportional set \
      (PSS), less what as many processes take without clones; kernel memory is what /proc/meminfo has more of (slab, vmalloc, page tables, \
      per-CPU) while all of them live. The kernel has pages that it lists nowhere, such as a virtual processor's store of page tables: "by \
      free memory" is what is gone of free and cached memory, the free pages that processors keep at hand among it, against as many \
      processes without clones. Other work on the machine shows in it. The larger of both counts.
      """)

  @Option(help: "How many live at once.", transform: ArgumentForm.count)
  var count = 1000

  @Option(help: "How many live in one process where there are several.", transform: ArgumentForm.count)
  var perProcess = 40

  @Option(help: ArgumentHelp("Keep so many, say so, and wait for the end of the input.", visibility: .hidden))
  var keep: UInt16?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  func run() throws {
    try reporting {
      let image = try build.image(of: try Application.load(Application.examplePrefix + "hello"))
      if let keep { return try Self.hold(image, Int(keep)) }
      guard KVMMachine.availability().isAvailable else { throw CommandFailure("machine kvm: \(KVMMachine.availability().finding)") }
      var report = BenchReport(bench: "memory")
      var least = Double.infinity
      for (name, part) in [("one process", count), ("processes of \(perProcess)", perProcess)] {
        Terminal.progress("\(count) clones in \(name)")
        let figures = try measure(part)
        for (what, kibibytes) in figures {
          report.rows.append(BenchReport.Row(name: "\(name): \(what)", who: "coffer", unit: "KiB", samples: [kibibytes]))
        }
        least = min(least, figures.filter { $0.0 == Self.whole || $0.0 == Self.gone }.map(\.1).max() ?? .infinity)
      }
      Terminal.progress(nil)
      report.goals.append(
        BenchReport.Goal(name: "a live clone of hello, in the better case", unit: "KB", limit: 700, found: least * 1.024))
      try report.show(asJSON: json, table: Self.table(report, count))
    }
  }

  private static let whole = "all of a clone"
  private static let gone = "all of a clone, by free memory"
  /// Until what ended processes had is free again.
  private static let settling: UInt32 = 2

  /// KiB for each clone.
  private func measure(_ part: Int) throws -> [(String, Double)] {
    let parts = stride(from: 0, to: count, by: part).map { min(part, count - $0) }
    // As many processes without clones: they share what is shared, and pay for what the kernel and the file cache set up once.
    let idle = try Self.processes(parts.map { _ in 0 })
    let own = try Self.proportional(idle)
    sleep(Self.settling)
    let free = try MemoryFigures.free()
    Self.end(idle)
    let before = try MemoryFigures("/proc/meminfo")
    let processes = try Self.processes(parts)
    let memory = try Self.proportional(processes) - own
    let after = try MemoryFigures("/proc/meminfo")
    sleep(Self.settling)
    let gone = free - (try MemoryFigures.free())
    Self.end(processes)
    let each = { (kibibytes: Double) in kibibytes / Double(count) }
    let kernel = after.kernelTotal - before.kernelTotal
    return [("memory of its process", each(memory)), ("kernel memory", each(kernel)), (Self.whole, each(memory + kernel))]
      + MemoryFigures.kernel.map { ("of that, \($0)", each(after[$0] - before[$0])) }
      + [(Self.gone, each(gone))]
  }

  /// Makes the clones, says so with a line, and keeps them until the input ends.
  private static func hold(_ image: TrustletImage, _ count: Int) throws {
    let application = try ApplicationTemplate(image, on: KVMMachineKind.shared)
    var options = RunOptions()
    options.arguments = ["hello"]
    options.streams = .init(input: nil, output: open("/dev/null", O_WRONLY | O_CLOEXEC), errors: nil)
    var clones: [Trustlet] = []
    for _ in 0..<count {
      let trustlet = try application.template.clone(service: try TrustletRunner.service(image, options))
      let outcome = try application.runCommand(trustlet)
      guard outcome == .exited(status: 0) || outcome == .finished([]) else { throw CommandFailure("hello ended with \(outcome)") }
      clones.append(trustlet)
    }
    Terminal.print("ready")
    withExtendedLifetime(clones) { while StandardInput.passLine() {} }
  }

  private struct Holder {
    let process: Process
    let input: Pipe
  }

  private static func processes(_ parts: [Int]) throws -> [Holder] {
    var holders: [Holder] = []
    do {
      for part in parts {
        let holder = Holder(process: Process(), input: Pipe())
        let output = Pipe()
        // A sibling that inherited the writing end would keep this one alive.
        for handle in [holder.input.fileHandleForReading, holder.input.fileHandleForWriting, output.fileHandleForReading] {
          _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        holder.process.executableURL = URL(fileURLWithPath: try ExecutablePath.own())
        holder.process.arguments = ["bench", "memory", "--keep", "\(part)"]
        holder.process.standardInput = holder.input
        holder.process.standardOutput = output
        try holder.process.run()
        holders.append(holder)
        guard output.fileHandleForReading.availableData.starts(with: Data("ready".utf8)) else {
          throw CommandFailure("a process could not keep \(part) clones; its complaint is above")
        }
      }
      return holders
    } catch {
      end(holders)
      throw error
    }
  }

  private static func end(_ holders: [Holder]) {
    for holder in holders {
      try? holder.input.fileHandleForWriting.close()
      holder.process.terminate()
      holder.process.waitUntilExit()
    }
  }

  private static func proportional(_ holders: [Holder]) throws -> Double {
    try holders.reduce(0) { try $0 + MemoryFigures("/proc/\($1.process.processIdentifier)/smaps_rollup")["Pss"] }
  }

  private static func table(_ report: BenchReport, _ count: Int) -> String {
    (["\(count) clones of hello, KiB for each"] + report.rows.map { $0.name.padded(56) + $0.median.column(12) } + report.goals.map(\.description))
      .joined(separator: "\n")
  }
}
