import ArgumentParser
import CPeers
import Coffer
import Glibc
import KVMMachine
import Machine
import Monitor
import TrustletImage

struct FilesBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files",
    abstract: "How fast a trustlet reads a large file of the host and its own scratch files, beside read(2) and memcpy.",
    discussion: """
      The host's file lies in the page cache, scratch files in the trustlet's own memory. All are read and written a second time, when all
      pages are there. What is compared is the greatest rate of all rounds, in which all take turns.
      """)

  @Option(help: "MiB of the host's file.")
  var size = 256

  @Option(help: "MiB of the scratch file.")
  var scratchSize = 64

  @Option(help: "How often the cases take turns.")
  var rounds = 7

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  func run() throws {
    try reporting {
      guard (1...4096).contains(size), (1...512).contains(scratchSize), rounds > 0 else {
        throw CommandFailure("--size: 1 to 4096 MiB, --scratch-size: 1 to 512 MiB, --rounds: at least 1")
      }
      let length = UInt64(size) << 20
      let scratchLength = UInt64(scratchSize) << 20
      let (image, scratchImage) = (try EdgeProgram.image(build), try EdgeProgram.image(build, scratch: scratchLength + 1 << 20))
      let folder = try ScratchDirectory()
      defer { folder.remove() }
      let file = folder.path + "/data"
      guard coffer_peer_fill(file, length) == 0 else { throw CommandFailure("\(file): \(String(cString: strerror(errno)))") }
      var report = BenchReport(bench: "files")
      var kinds: [any MachineKind] = []
      for kind in [MachineChoice.kvm.kind, MachineChoice.process.kind] {
        do {
          _ = try EdgeProgram.call("calls", [1], of: image, on: kind)
          kinds.append(kind)
        } catch {
          report.missing.append("machine \(kind.name): \(error)")
        }
      }
      var samples: [String: [String: [Double]]] = [:]
      func add(_ name: String, _ who: String, _ bytes: UInt64, _ nanoseconds: UInt64) {
        samples[name, default: [:]][who, default: []].append(Double(bytes) / Double(max(1, nanoseconds)))
      }
      let offered = [EdgeServiceConfiguration.Directory(hostPath: folder.path, guestPath: "/")]
      for round in 0..<rounds {
        Terminal.progress("round \(round + 1) of \(rounds)")
        for piece in Self.pieces {
          let native = coffer_peer_read(file, piece)
          guard native > 0 else { throw CommandFailure("\(file) could not be read") }
          add(Self.name(piece), "native", length, native)
          for kind in kinds {
            let time = try EdgeProgram.call("read", [UInt64(piece)], of: image, on: kind, directories: offered).result
            add(Self.name(piece), kind.name, length, time)
          }
        }
        let piece = 1 << 20
        let copying = coffer_peer_copy(piece, scratchLength)
        guard copying > 0 else { throw CommandFailure("no memory") }
        for (name, writes) in [(Self.scratchRead, UInt64(0)), (Self.scratchWrite, 1)] {
          add(name, "native", scratchLength, copying)
          for kind in kinds {
            let time = try EdgeProgram.call("scratch", [UInt64(piece), scratchLength, writes], of: scratchImage, on: kind).result
            add(name, kind.name, scratchLength, time)
          }
        }
      }
      Terminal.progress(nil)
      let names = Self.pieces.map(Self.name) + [Self.scratchRead, Self.scratchWrite]
      for name in names {
        for who in ["native"] + kinds.map(\.name) {
          report.rows.append(BenchReport.Row(name: name, who: who, unit: "GB/s", samples: samples[name]?[who] ?? []))
        }
      }
      for name in [Self.name(1 << 20), Self.name(16 << 20), Self.scratchRead] {
        guard let native = report.row(name, "native"), let own = report.row(name, "kvm") else { continue }
        report.goals.append(BenchReport.Goal(name: "\(name): native rate over kvm's", unit: "times", limit: 2, found: native.maximum / own.maximum))
      }
      try report.show(asJSON: json, table: Self.table(report, names))
    }
  }

  private static let pieces = [4 << 10, 64 << 10, 256 << 10, 1 << 20, 16 << 20]
  private static let scratchRead = "scratch file, read"
  private static let scratchWrite = "scratch file, write"

  private static func name(_ piece: Int) -> String { "host file, \(piece >> 10) KiB each" }

  private static func table(_ report: BenchReport, _ names: [String]) -> String {
    var lines = ["case".padded(28) + "who".padded(10) + "most GB/s".aligned(12) + "median".aligned(12) + "of native".aligned(12)]
    for row in report.rows {
      var line = row.name.padded(28) + row.who.padded(10) + row.maximum.column(12) + row.median.column(12)
      if let native = report.row(row.name, "native") { line += (row.maximum / native.maximum).column(12) }
      lines.append(line)
    }
    lines.append("native: read(2) of the same file with the same buffer, and memcpy for scratch files")
    lines += report.goals.map(\.description)
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}
