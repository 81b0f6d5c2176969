import ArgumentParser
import CodeObjects
import Coffer
import Glibc
import Machine
import ProcessMachine
import SpecificationScripts

@main struct CofferWast: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coffer-wast",
    abstract: "Runs WebAssembly specification scripts inside trustlets.",
    discussion: """
      Scripts may hold core modules and components; what would take running a component is skipped.
      A line for each failure, and last "N passed, N failed, N skipped": assertions.
      The exit status is 0 when all that ran held.

      Example:
        coffer-wast --expectations Tests/Specification/expectations.txt suite/*.wast
      """)

  @Argument(help: "Scripts (.wast).")
  var files: [String]

  @Option(help: "How hard the compiler works: none or speed.")
  var optimize: CompileJob.Optimization = .speed

  @Option(help: ArgumentHelp("What isolates the trustlets: kvm or process.", valueName: "kind"))
  var machine = MachineChoice.kvm

  @Option(help: ArgumentHelp("Known failures, a line each: FILE:LINE REASON.", valueName: "file"))
  var expectations: String?

  @Flag(help: "Core modules outside of components may have exceptions too, as WebAssembly 3.0 allows.")
  var exceptions = false

  @Flag(help: "Run each script once for each of its memories, with that one at the constant address.")
  var eachMemory = false

  func run() throws {
    defer { ProcessMachineKind().endKeptProcesses() }
    let known = try expectations.map(Expectations.init(path:)) ?? Expectations()
    let environment = ["COFFER_CLANG", "COFFER_LINKER", "COFFER_CACHE", "HOME", "PATH", "XDG_CACHE_HOME"].reduce(into: [:]) {
      (result: inout [String: String], name) in result[name] = getenv(name).map { String(cString: $0) }
    }
    let builder = TrustletBuilder(
      optimization: optimize, toolchain: try Toolchain.locate(environment: environment),
      cache: ObjectCache.standard(environment: environment))
    var total = Tally()
    var unexpected = 0
    for file in files {
      let name = String(file.split(separator: "/").last ?? "")
      let tally = Self.run(file, builder, on: machine.kind, eachMemory: eachMemory, exceptions: exceptions)
      for failure in tally.failures where !known.contains(name, failure.line) {
        unexpected += 1
        print("\(name):\(failure.line): \(failure.reason)")
      }
      for (reason, count) in tally.skipped.sorted(by: { $0.key < $1.key }) { print("\(name): \(count) skipped: \(reason)") }
      total = total + tally
    }
    let skipped = total.skipped.values.reduce(0, +)
    print("\(total.passed) passed, \(total.failures.count) failed, \(skipped) skipped")
    if unexpected > 0 { throw ExitCode(1) }
  }

  private static func run(
    _ file: String, _ builder: TrustletBuilder, on machine: any MachineKind, eachMemory: Bool, exceptions: Bool
  ) -> Tally {
    do {
      var script = try SpecificationScript(path: file)
      script.limits.allowsExceptions = exceptions
      return try script.run(builder, on: machine, eachMemory: eachMemory)
    } catch {
      return Tally(failure: "\(error)")
    }
  }
}

extension CompileJob.Optimization: ExpressibleByArgument {}

extension MachineChoice: ExpressibleByArgument {}
