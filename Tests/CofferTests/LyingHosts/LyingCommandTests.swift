import Coffer
import EdgeCalls
import KVMMachine
import Machine
import Monitor
import Testing
import TrustletImage
import TrustletRun
import WasmCompiler
import WasmFormat
import WasmText

/// Commands that no honest host gives, to programs that must not carry them out.
@Suite(.enabled(if: Needs.toolchain != nil, Needs.finding))
struct LyingCommandTests {
  private static let choices: [MachineChoice] = KVMMachine.availability().isAvailable ? [.kvm, .process] : [.process]

  private static let first = "(module (memory 1) (data (i32.const 0) \"*\") (func (export \"get\") (result i64) (i64.load8_u (i32.const 0))))"
  private static let trapping = "(module (memory 1) (data (i32.const 0) \"*\") (func (export \"get\") (result i64) (i64.load8_u (i32.const 0))) (func $start unreachable) (start $start))"

  private func image(_ modules: [String]) throws -> TrustletImage {
    var linker = ProgramLinker(host: TrustletBuilder.hostFunctions)
    for text in modules {
      let module = try Module.decode(try Wat.encode(Array(text.utf8)), limits: .programs)
      try module.validate()
      _ = try linker.instantiate(module) { _, _ in nil }
    }
    return try Needs.builder().image(of: linker, manifest: Manifest())
  }

  private func start(_ image: TrustletImage, _ choice: MachineChoice) throws -> Trustlet {
    var options = RunOptions()
    options.streams = .init(input: nil, output: nil, errors: nil)
    return try TrustletRunner.start(image, options, on: choice.kind)
  }

  private func isRefused(_ outcome: Outcome) -> Bool {
    if case .killed = outcome { true } else { false }
  }

  /// The images of both have the same measurement as what an honest host runs: it is the program that has to refuse.
  @Test(arguments: choices)
  func nothingIsCalledBeforeAllInstancesAreReady(choice: MachineChoice) throws {
    let image = try image([Self.first, Self.first])
    let exports = image.exports.filter { $0.name == "get" }
    try #require(exports.count == 2)
    for export in exports {
      let early = try start(image, choice)
      try #require(early.perform(.instantiate(instance: 0)) == .finished([]))
      #expect(isRefused(early.perform(.call(entryPoint: export.entryPoint, arguments: [CommandSlot(low: 0)]))))
      let honest = try start(image, choice)
      for command in image.initialisation { try #require(honest.perform(command) == .finished([])) }
      #expect(honest.perform(.call(entryPoint: export.entryPoint, arguments: [CommandSlot(low: 0)])) == .finished([CommandSlot(low: 42)]))
    }
  }

  @Test(arguments: choices)
  func nothingIsCalledBehindAStartThatTrapped(choice: MachineChoice) throws {
    let image = try image([Self.trapping])
    let export = try #require(image.exports.first { $0.name == "get" })
    let trustlet = try start(image, choice)
    guard case .trapped = trustlet.perform(.instantiate(instance: 0)) else { Issue.record("the start function did not trap"); return }
    #expect(isRefused(trustlet.perform(.call(entryPoint: export.entryPoint, arguments: [CommandSlot(low: 0)]))))
  }

  /// A reference would be jumped to.
  @Test(arguments: choices)
  func noReferenceToAFunctionComesFromOutside(choice: MachineChoice) throws {
    let image = try image([
      """
      (module (table 1 funcref) (type $f (func (result i64)))
        (func (export "take") (param funcref) (result i64)
          (table.set (i32.const 0) (local.get 0))
          (if (result i64) (ref.is_null (local.get 0)) (then (i64.const 7)) (else (call_indirect (type $f) (i32.const 0))))))
      """
    ])
    let export = try #require(image.exports.first { $0.name == "take" })
    for (reference, expected) in [(0, Outcome.finished([CommandSlot(low: 7)])), (MemoryMap.edgeWindow, nil)] {
      let trustlet = try start(image, choice)
      for command in image.initialisation { try #require(trustlet.perform(command) == .finished([])) }
      let outcome = trustlet.perform(.call(entryPoint: export.entryPoint, arguments: [CommandSlot(low: reference)]))
      if let expected { #expect(outcome == expected) } else { #expect(isRefused(outcome), "\(outcome)") }
    }
  }

  /// One function of the host's under two numbers, both of which are referred to; and a global whose value is that of one before it.
  @Test(arguments: choices)
  func whatBinaryToolsMakeOfModulesRuns(choice: MachineChoice) throws {
    let image = try image([
      """
      (module
        (import "wasi_snapshot_preview1" "sched_yield" (func $a (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $b (result i32)))
        (memory 1) (table 2 funcref) (elem (i32.const 0) $a $b) (type $f (func (result i32)))
        (global $x i32 (i32.const 40)) (global $y i32 (global.get $x)) (global $z (mut i32) (i32.add (global.get $y) (i32.const 2)))
        (data (global.get $y) "*")
        (func (export "both") (result i64)
          (i64.extend_i32_u
            (i32.add (i32.load8_u (i32.const 40))
              (i32.add (global.get $z) (i32.add (call_indirect (type $f) (i32.const 0)) (call_indirect (type $f) (i32.const 1))))))))
      """
    ])
    let export = try #require(image.exports.first { $0.name == "both" })
    let trustlet = try start(image, choice)
    for command in image.initialisation { try #require(trustlet.perform(command) == .finished([])) }
    #expect(trustlet.perform(.call(entryPoint: export.entryPoint, arguments: [CommandSlot(low: 0)])) == .finished([CommandSlot(low: 84)]))
  }
}
