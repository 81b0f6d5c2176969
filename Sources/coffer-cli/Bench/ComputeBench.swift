import ArgumentParser
import BenchmarkKernels
import Coffer
import Glibc
import ProgramFiles
import TrustletImage
import WasmFormat

struct ComputeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compute",
    abstract: "Compute kernels in a kvm trustlet, beside native code (clang -O2) and Wasmtime.",
    discussion: """
      The same C files, compiled to native code and to WebAssembly. Each program times itself; what is compared is the least time of all \
      rounds, in which all take turns. Native code is compiled twice: for clang's default processor ("native"), and for the one that Coffer \
      generates code for ("native-v3" on x86-64).
      """)

  @Option(help: "How often they take turns.", transform: ArgumentForm.count)
  var rounds = 5

  @Option(help: "Repeats of a kernel in each turn.", transform: ArgumentForm.count)
  var repeats = 3

  @Option(help: "Only these kernels.")
  var kernel: [String] = []

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  func run() throws {
    try reporting {
      for name in kernel where BenchmarkKernels.named(name) == nil {
        throw CommandFailure("there is no kernel \(quoted(name)); there are: \(BenchmarkKernels.all.map(\.name).joined(separator: ", "))")
      }
      let kernels = BenchmarkKernels.all.filter { kernel.isEmpty || kernel.contains($0.name) }
      let image = try build.image(of: .module(BenchmarkKernels.wasm, name: "kernels"))
      let scratch = try ScratchDirectory()
      defer { scratch.remove() }
      let native = try scratch.add("native", BenchmarkKernels.native, executable: true)
      let baseline = try scratch.add("native-v3", BenchmarkKernels.nativeBaseline, executable: true)
      let wasm = try scratch.add("kernels.wasm", BenchmarkKernels.wasm)
      var report = BenchReport(bench: "compute")
      let wasmtime = WasmtimePeer(module: wasm)
      if !wasmtime.isInstalled { report.missing.append("wasmtime (PyPI: wasmtime)") }
      for kernel in kernels {
        Terminal.progress("measuring \(kernel.name)")
        let samples = try measure(kernel, image, native, baseline, wasmtime)
        for (who, times) in samples where !times.isEmpty {
          report.rows.append(BenchReport.Row(name: kernel.name, who: who, unit: "ms", samples: times))
        }
      }
      Terminal.progress(nil)
      try report.show(asJSON: json, table: Self.table(report, kernels.map(\.name)))
    }
  }

  private func measure(
    _ kernel: Kernel, _ image: TrustletImage, _ native: String, _ baseline: String, _ wasmtime: WasmtimePeer
  ) throws -> [(String, [Double])] {
    let arguments = [kernel.name, "0", "\(repeats)"]
    var times: [String: [Double]] = [:]
    var checksum: Substring?
    for _ in 0..<rounds {
      var turns = [
        ("native", try Subprocess.output(of: [native] + arguments)),
        ("native-v3", try Subprocess.output(of: [baseline] + arguments)),
        ("coffer", try TrustletOutput.standardOutput(of: image, arguments: ["kernels"] + arguments)),
      ]
      if wasmtime.isInstalled { turns.append(("wasmtime", try wasmtime.output(arguments))) }
      for (who, text) in turns {
        for line in text.split(separator: "\n") {
          let parts = line.split(separator: " ")
          guard parts.count == 2, let nanoseconds = Double(parts[1]) else {
            throw CommandFailure("\(who) printed \"\(line)\" for \(kernel.name); expected a checksum and nanoseconds")
          }
          if let checksum, checksum != parts[0] {
            throw CommandFailure("\(who) computed \(parts[0]) for \(kernel.name), where native code computed \(checksum)")
          }
          checksum = parts[0]
          times[who, default: []].append(nanoseconds / 1e6)
        }
      }
    }
    return ["coffer", "native", "native-v3", "wasmtime"].map { ($0, times[$0] ?? []) }
  }

  private static func table(_ report: BenchReport, _ names: [String]) -> String {
    let others = ["native", "native-v3", "wasmtime"].filter { other in report.rows.contains { $0.who == other } }
    var title = "kernel".padded(16) + "coffer ms".aligned(11)
    for other in others { title += "\(other) ms".aligned(15) + "ratio".aligned(8) }
    var lines = [title]
    var logarithms = [Double](repeating: 0, count: others.count)
    for name in names {
      guard let coffer = report.row(name, "coffer") else { continue }
      var line = name.padded(16) + coffer.minimum.column(11)
      for (index, other) in others.enumerated() {
        guard let row = report.row(name, other) else { continue }
        let ratio = coffer.minimum / row.minimum
        logarithms[index] += log(ratio)
        line += row.minimum.column(15) + ratio.column(8)
      }
      lines.append(line)
    }
    var last = "geometric mean".padded(16) + "".padded(11)
    for sum in logarithms { last += "".padded(15) + exp(sum / Double(max(1, names.count))).column(8) }
    lines.append(last)
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}

extension String {
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  func aligned(_ width: Int) -> String { String(repeating: " ", count: max(1, width - count)) + self }
}

extension Double {
  /// With three decimals, right-aligned.
  func column(_ width: Int) -> String {
    let thousandths = Int((self * 1000).rounded())
    let digits = String(abs(thousandths) % 1000)
    let text = "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    return String(repeating: " ", count: max(1, width - text.count)) + text
  }
}
