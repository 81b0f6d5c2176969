import ArgumentParser
import Coffer
import ComponentCalls
import ComponentFormat
import ComponentValues
import EdgeCalls
import KVMMachine
import Machine
import Monitor
import TrustletImage
import TrustletRun
import WasmText

struct CallBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "What a call of a component's exported function costs, through the Canonical ABI: empty, with a text, with many bytes.",
    discussion: """
      "warm, with reset": on a machine that has run before and is put back behind each call, so that no call sees what another left. "same \
      instance": without that. "between components": within one trustlet, from one component to another. All cases take turns of ten runs, \
      or of as many as take 20 ms.
      """)

  @Option(help: "How often each case is run at least.", transform: ArgumentForm.count)
  var runs = 200

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  private static let bytes = 1 << 20

  func run() throws {
    try reporting {
      let component = try Wat.encodeComponent(Array(CallProgram.text.utf8))
      let image = try build.builder().image(of: component)
      let functions = ComponentFunctions(try ComponentBinary.decode(component))
      var report = BenchReport(bench: "call")
      let kind = KVMMachine.availability().isAvailable ? MachineChoice.kvm.kind : MachineChoice.process.kind
      if kind.name != KVMMachineKind.shared.name { report.missing.append("machine kvm: \(KVMMachine.availability().finding)") }
      let program = try CallProgram(image, functions, on: kind)
      let list = ComponentValue.bytes([UInt8](repeating: 7, count: Self.bytes))
      let text = ComponentValue.string(String(repeating: "x", count: Self.bytes))
      let cases: [(name: String, measure: () throws -> Double)] = [
        (Self.warm, { try program.fresh("empty", []) }),
        ("empty, same instance", { try program.kept("empty", []) }),
        ("a text there and back, warm, with reset", { try program.fresh("echo", [.string("how are you?")]) }),
        ("empty, between components", { try program.inside("calls", 100_000) { [.unsigned($0)] } }),
        (Self.outside, { try program.kept("take", [list]) }),
        (Self.thereAndBack, { try program.kept("echo", [text]) }),
        (Self.between, { try program.inside("lists", 1_000) { [.unsigned($0), .unsigned(UInt64(Self.bytes))] } }),
      ]
      let samples = try Turns.samples(of: cases.map(\.measure), runs: runs)
      for (item, times) in zip(cases, samples) { report.rows.append(BenchReport.Row(name: item.name, who: "coffer", unit: "us", samples: times)) }
      addPeer(component, to: &report)
      for (name, limit) in [(Self.warm, 60.0), (Self.between, 262.0), (Self.outside, 262.0)] {
        if let row = report.row(name, "coffer") {
          report.goals.append(BenchReport.Goal(name: name, unit: "us", limit: limit, found: row.minimum))
        }
      }
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private static let warm = "empty, warm, with reset"
  private static let between = "1 MiB of bytes, between components"
  private static let outside = "1 MiB of bytes, from outside"
  private static let thereAndBack = "1 MiB of text, there and back"

  private func addPeer(_ component: [UInt8], to report: inout BenchReport) {
    do {
      let digits = component.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      let words = try Subprocess.output(of: ["python3", "-c", Self.script, digits, "\(runs)"]).split(separator: "\n")
      for (name, word) in zip(["empty, a new instance each", "empty, same instance", Self.outside], words) {
        let times = word.split(separator: " ").compactMap { Double($0) }
        report.rows.append(BenchReport.Row(name: name, who: "wasmtime", unit: "us", samples: times))
      }
    } catch {
      report.missing.append("wasmtime (PyPI, with components)")
    }
  }

  private static let script = """
    import sys, time
    from wasmtime import Config, Engine, Store
    from wasmtime.component import Component, Linker
    engine = Engine(Config())
    component = Component(engine, bytes.fromhex(sys.argv[1]))
    linker = Linker(engine)
    def times(work, count):
        result = []
        for _ in range(count):
            start = time.perf_counter_ns()
            work()
            result.append((time.perf_counter_ns() - start) / 1000)
        print(*result)
    def call(store, instance, name, *values):
        function = instance.get_func(store, name)
        function(store, *values)
        function.post_return(store)
    def fresh():
        store = Store(engine)
        call(store, linker.instantiate(store, component), "empty")
    store = Store(engine)
    instance = linker.instantiate(store, component)
    data = bytes([7]) * (1 << 20)
    rounds = int(sys.argv[2])
    times(fresh, rounds)
    times(lambda: call(store, instance, "empty"), rounds)
    times(lambda: call(store, instance, "take", data), 3)
    """

  private static func table(_ report: BenchReport) -> String {
    var lines = ["case".padded(44) + "who".padded(12) + "least us".aligned(12) + "median us".aligned(13) + "p99 us".aligned(13)]
    for row in report.rows {
      lines.append(row.name.padded(44) + row.who.padded(12) + row.minimum.column(12) + row.median.column(13) + row.p99.column(13))
    }
    for row in report.rows where row.name.contains("1 MiB") {
      lines.append("\(row.name), \(row.who): \((Double(bytes) / row.minimum / 10).rounded() / 100) GB/s")
    }
    lines += report.goals.map(\.description)
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}

/// Two components that call each other and do nothing else.
final class CallProgram {
  private let functions: ComponentFunctions
  private let image: TrustletImage
  private let pool: TrustletPool
  private let kept: Trustlet
  private var calls: [String: ComponentInvocation] = [:]

  init(_ image: TrustletImage, _ functions: ComponentFunctions, on kind: any MachineKind) throws {
    self.functions = functions
    self.image = image
    let application = try ApplicationTemplate(image, on: kind)
    guard application.obstacles.isEmpty else { throw CommandFailure("the benchmark's component cannot be kept: \(application.obstacles)") }
    pool = TrustletPool(application.template, idleLimit: 1)
    try pool.prepare(1)
    kept = try application.template.clone(service: try Self.service(image))
  }

  private static func service(_ image: TrustletImage) throws -> EdgeService {
    var options = RunOptions()
    options.streams = .init(input: nil, output: nil, errors: nil)
    return try TrustletRunner.service(image, options)
  }

  private func invocation(_ name: String) throws -> ComponentInvocation {
    if let known = calls[name] { return known }
    let made = try ComponentInvocation(try functions.function(name), in: image)
    calls[name] = made
    return made
  }

  private func time(_ work: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let begin = clock.now
    try work()
    let taken = clock.now - begin
    return Double(taken.components.seconds) * 1e6 + Double(taken.components.attoseconds) / 1e12
  }

  private func perform(_ call: ComponentInvocation, _ arguments: [ComponentValue], on trustlet: Trustlet) throws {
    let result = try call.perform(arguments, on: trustlet, isInitialised: true)
    guard case .finished = result.outcome else { throw CommandFailure("\(call.function.name) ended with \(result.outcome)") }
  }

  /// Microseconds of a call on a warm machine, with what puts it back.
  func fresh(_ name: String, _ arguments: [ComponentValue]) throws -> Double {
    let call = try invocation(name)
    return try time {
      let trustlet = try pool.take(service: try Self.service(image))
      try perform(call, arguments, on: trustlet)
      try pool.giveBack(trustlet)
    }
  }

  /// ... and of one on an instance that has had calls before.
  func kept(_ name: String, _ arguments: [ComponentValue]) throws -> Double {
    let call = try invocation(name)
    return try time { try perform(call, arguments, on: kept) }
  }

  /// ... and of one inside, the mean of so many; the one way in and out is counted, too.
  func inside(_ name: String, _ count: UInt64, _ arguments: (UInt64) -> [ComponentValue]) throws -> Double {
    try kept(name, arguments(count)) / Double(count)
  }

  static let text = """
    (component
      (component $A
        (core module $M
          (memory (export "mem") 32)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
          (func (export "empty"))
          (func (export "take") (param i32 i32))
          (func (export "echo") (param i32 i32) (result i32)
            (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
        (core instance $m (instantiate $M))
        (func (export "empty") (canon lift (core func $m "empty")))
        (func (export "take") (param "data" (list u8))
          (canon lift (core func $m "take") (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
        (func (export "echo") (param "text" string) (result string)
          (canon lift (core func $m "echo") (memory (core memory $m "mem")) (realloc (core func $m "realloc")))))
      (component $B
        (import "empty" (func $empty))
        (import "take" (func $take (param "data" (list u8))))
        (core module $L (memory (export "mem") 32))
        (core instance $l (instantiate $L))
        (core func $lowered-empty (canon lower (func $empty)))
        (core func $lowered-take (canon lower (func $take) (memory (core memory $l "mem"))))
        (core module $M
          (import "" "empty" (func $empty))
          (import "" "take" (func $take (param i32 i32)))
          (func (export "calls") (param i32)
            (loop $next (call $empty) (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
          (func (export "lists") (param i32 i32)
            (loop $next
              (call $take (i32.const 65536) (local.get 1)) (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
        (core instance $m
          (instantiate $M (with "" (instance (export "empty" (func $lowered-empty)) (export "take" (func $lowered-take))))))
        (func (export "calls") (param "count" u32) (canon lift (core func $m "calls")))
        (func (export "lists") (param "count" u32) (param "size" u32) (canon lift (core func $m "lists"))))
      (instance $a (instantiate $A))
      (instance $b (instantiate $B (with "empty" (func $a "empty")) (with "take" (func $a "take"))))
      (func (export "empty") (alias export $a "empty"))
      (func (export "take") (alias export $a "take"))
      (func (export "echo") (alias export $a "echo"))
      (func (export "calls") (alias export $b "calls"))
      (func (export "lists") (alias export $b "lists")))
    """
}
