import ArgumentParser
import CPeers
import Coffer
import Glibc
import KVMMachine
import Machine
import Monitor
import ProgramFiles
import TrustletImage

struct FilesBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files",
    abstract: "How fast a trustlet reads a large file of the host, its own scratch files and those of a sealed directory, beside read(2), memcpy and AES-256-GCM.",
    discussion: """
      The host's file lies in the page cache, scratch files in the trustlet's own memory, a sealed volume in a file in memory. All are read \
      and written a second time, when all pages are there; but for a sealed file, which is read once by another trustlet than the one that \
      wrote it, and written with its commit. What is compared is the greatest rate of all rounds, in which all take turns.
      """)

  @Option(help: "MiB of the host's file.")
  var size = 256

  @Option(help: "MiB of the scratch file, and of the sealed one.")
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
      let sealedImage = try EdgeProgram.image(build, sealed: scratchLength + 1 << 20)
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
        for name in [Self.sealedRead, Self.sealedWrite, Self.scratchRandom, Self.sealedRandom] {
          add(name, "native", scratchLength, try BenchVolume.sealing(scratchLength))
        }
        for kind in kinds {
          let file = try BenchVolume(size: scratchLength + 1 << 20)
          func run(_ what: UInt64, _ image: TrustletImage) throws -> UInt64 {
            try EdgeProgram.call("kept", [UInt64(piece), scratchLength, what], of: image, on: kind, volume: image.manifest.sealed == nil ? nil : file.volume).result
          }
          add(Self.sealedWrite, kind.name, scratchLength, try run(1, sealedImage))
          add(Self.sealedRead, kind.name, scratchLength, try run(0, sealedImage))
          add(Self.sealedRandom, kind.name, scratchLength, try run(2, sealedImage))
          add(Self.scratchRandom, kind.name, scratchLength, try run(2, scratchImage))
        }
      }
      Terminal.progress(nil)
      let names = Self.pieces.map(Self.name) + [Self.scratchRead, Self.scratchWrite, Self.sealedRead, Self.sealedWrite, Self.scratchRandom, Self.sealedRandom]
      for name in names {
        for who in ["native"] + kinds.map(\.name) {
          report.rows.append(BenchReport.Row(name: name, who: who, unit: "GB/s", samples: samples[name]?[who] ?? []))
        }
      }
      for name in [Self.name(1 << 20), Self.name(16 << 20), Self.scratchRead] {
        guard let native = report.row(name, "native"), let own = report.row(name, "kvm") else { continue }
        report.goals.append(BenchReport.Goal(name: "\(name): native rate over kvm's", unit: "times", limit: 2, found: native.maximum / own.maximum))
      }
      for name in [Self.sealedRead, Self.sealedWrite] {
        guard let own = report.row(name, "kvm") else { continue }
        report.goals.append(BenchReport.Goal(name: "\(name): 1 GiB/s over kvm's rate", unit: "times", limit: 1, found: 1.073741824 / own.maximum))
      }
      if let scratch = report.row(Self.scratchRandom, "kvm"), let sealed = report.row(Self.sealedRandom, "kvm"), let cipher = report.row(Self.sealedRandom, "native") {
        let found = 1 / sealed.maximum / (1 / scratch.maximum + 1 / cipher.maximum)
        report.goals.append(BenchReport.Goal(name: "sealed random writes over scratch memory and encryption, kvm", unit: "times", limit: 1.25, found: found))
      }
      try report.show(asJSON: json, table: Self.table(report, names))
    }
  }

  private static let pieces = [4 << 10, 64 << 10, 256 << 10, 1 << 20, 16 << 20]
  private static let scratchRead = "scratch file, read"
  private static let scratchWrite = "scratch file, write"
  private static let sealedRead = "sealed file, read"
  private static let sealedWrite = "sealed file, write, commit"
  private static let scratchRandom = "scratch, 4 KiB at random"
  private static let sealedRandom = "sealed, 4 KiB at random"

  private static func name(_ piece: Int) -> String { "host file, \(piece >> 10) KiB each" }

  private static func table(_ report: BenchReport, _ names: [String]) -> String {
    var lines = ["case".padded(28) + "who".padded(10) + "most GB/s".aligned(12) + "median".aligned(12) + "of native".aligned(12)]
    for row in report.rows {
      var line = row.name.padded(28) + row.who.padded(10) + row.maximum.column(12) + row.median.column(12)
      if let native = report.row(row.name, "native") { line += (row.maximum / native.maximum).column(12) }
      lines.append(line)
    }
    lines.append("native: read(2) of the same file with the same buffer, memcpy for scratch files, AES-256-GCM alone for sealed and random ones")
    lines += report.goals.map(\.description)
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}
