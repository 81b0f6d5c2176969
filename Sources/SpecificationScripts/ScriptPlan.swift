import Coffer
import EdgeCalls
import Monitor
import WasmCompiler
import WasmFormat
import WasmText

/// A script made ready to run: every module that has to run is linked into one program, and every command that has to run is a step.
/// What can be judged without running (malformed, invalid, unlinkable) is judged here.
struct ScriptPlan {
  struct Step {
    enum Expectation {
      /// Instantiation or an action that must simply go well.
      case success
      case results([Script.Expected], [ValueType])
      /// A trap whose phrase the message begins with, or the other way round.
      case trap(String)
      case unlinkable
      /// Of a component's function.
      case values([Script.Expected])
    }
    enum Action {
      case command(TrustletCommand)
      case component(ComponentCall)
      /// Instances of a component, until one does not come to be.
      case instantiate(Range<Int>)
    }
    var line: Int
    var action: Action
    var expectation: Expectation
  }

  var linker: ProgramLinker
  var steps: [Step] = []
  var tally = Tally()

  /// What the script knows of an instance.
  private struct Known {
    var number: Int
    var exports: [ByteName: Exported]
  }
  private var named: [String: Known] = [:]
  private var definitions: [String: Module] = [:]
  private var lastDefinition: Module?
  private var registered: [ByteName: [ByteName: Exported]] = [:]
  private var current: Known?
  private let limits: DecodingLimits
  var components = ScriptComponents()

  init(_ script: Script, constantMemory: Int, limits: DecodingLimits) throws {
    self.limits = limits
    linker = ProgramLinker(host: [], constantMemory: constantMemory, hasSeparateInstances: true)
    let spectest = try Module.decode(try SpectestModule.binary())
    try spectest.validate()
    registered[ByteName("spectest")] = try linker.instantiate(spectest) { _, _ in nil }
    steps.append(Step(line: 0, action: .command(.instantiate(instance: 0)), expectation: .success))
    for command in script.commands {
      if components.isAbout(command) { planComponent(command) } else { plan(command) }
    }
  }

  private mutating func plan(_ command: Script.Command) {
    let line = command.line
    switch command.kind {
    case .module(let module):
      current = nil
      guard let decoded = accepted(module, line) else { return }
      instantiate(decoded, as: module.name, line)
    case .moduleDefinition(let module):
      guard let decoded = accepted(module, line) else { return }
      lastDefinition = decoded
      if let name = module.name { definitions[name] = decoded }
    case .moduleInstance(let name, let definition):
      guard let module = definition.map({ definitions[$0] }) ?? lastDefinition else {
        return tally.fail(line, "there is no module definition \(definition ?? "before this")")
      }
      instantiate(module, as: name, line)
    case .register(let name, let module):
      guard let known = known(module) else { return tally.fail(line, "there is no module to register as \"\(name)\"") }
      registered[ByteName(name)] = known.exports
    case .action(let action): step(action, line) { _ in .success }
    case .assertReturn(let action, let expected): step(action, line) { .results(expected, $0) }
    case .assertTrap(let action, let message): step(action, line) { _ in .trap(message) }
    case .assertExhaustion(let action, let message): step(action, line) { _ in .trap(message) }
    case .assertException(let action): step(action, line) { _ in .trap(TrapKind.uncaughtException.phrase) }
    case .assertModuleTrap(let module, let message):
      guard let decoded = accepted(module, line) else { return }
      link(decoded, line) { number, _ in
        Step(line: line, action: .command(.instantiate(instance: UInt32(number))), expectation: .trap(message))
      }
    case .assertMalformed(let module, let message): refused(module, .malformed, message, line)
    case .assertInvalid(let module, let message): refused(module, .invalid, message, line)
    case .assertUnlinkable(let module, let message):
      guard let decoded = accepted(module, line) else { return }
      do throws(ImportError) {
        let number = linker.program.instances.count
        _ = try linker.instantiate(decoded, resolve: resolve)
        // It may still turn out when it runs: a memory's size is what it is then.
        steps.append(Step(line: line, action: .command(.instantiate(instance: UInt32(number))), expectation: .unlinkable))
      } catch {
        tally.check(line, error.description.contains(message.prefix(14)), "refused, but with: \(error)")
      }
    }
  }

  // MARK: Modules

  private func decode(_ source: Script.Source) throws -> Module {
    let bytes: [UInt8]
    switch source {
    case .binary(let binary): bytes = binary
    case .quote(let text): bytes = try Wat.encode(text)
    case .failed(let error): throw error
    }
    let module = try Module.decode(bytes, limits: limits)
    try module.validate()
    return module
  }

  private mutating func accepted(_ module: Script.ScriptModule, _ line: Int) -> Module? {
    do {
      return try decode(module.source)
    } catch {
      tally.fail(line, "a good module was refused: \(error)")
      return nil
    }
  }

  private mutating func refused(
    _ module: Script.ScriptModule, _ kind: WasmError.Kind, _ message: String, _ line: Int
  ) {
    do {
      _ = try decode(module.source)
      tally.fail(line, "accepted a module that is \(kind): \(message)")
    } catch {
      // A text that is malformed may come as a binary that is invalid: any refusal will do.
      tally.pass()
    }
  }

  private mutating func instantiate(_ module: Module, as name: String?, _ line: Int) {
    var made: Known?
    link(module, line) { number, exports in
      made = Known(number: number, exports: exports)
      return Step(line: line, action: .command(.instantiate(instance: UInt32(number))), expectation: .success)
    }
    current = made
    if let name { named[name] = made }
  }

  private mutating func link(_ module: Module, _ line: Int, _ step: (Int, [ByteName: Exported]) -> Step) {
    let number = linker.program.instances.count
    do throws(ImportError) {
      let exports = try linker.instantiate(module, resolve: resolve)
      steps.append(step(number, exports))
    } catch {
      tally.fail(line, "a module was not linked: \(error)")
    }
  }

  private var resolve: (String, String) -> Exported? {
    let registered = registered
    return { registered[ByteName($0)]?[ByteName($1)] }
  }

  private func known(_ name: String?) -> Known? { name.map { named[$0] } ?? current }

  // MARK: Actions

  private mutating func step(_ action: Script.Action, _ line: Int, _ expectation: ([ValueType]) -> Step.Expectation) {
    let (module, field, arguments): (String?, String, [Script.Value]) =
      switch action {
      case .invoke(let module, let field, let values): (module, field, values)
      case .get(let module, let field): (module, field, [])
      }
    guard let known = known(module) else { return tally.fail(line, "there is no module \(module ?? "to act on")") }
    let entry = linker.program.entryPoints.firstIndex {
      $0.instance == known.number && $0.name.utf8.elementsEqual(field.utf8)
    }
    guard let entry else { return tally.fail(line, "there is no export \"\(field)\"") }
    let type = linker.program.entryPoints[entry].type
    guard type.parameters.count == arguments.count else {
      return tally.fail(line, "\"\(field)\" takes \(type.parameters.count) arguments")
    }
    var slots = arguments.map(\.slot)
    while slots.count < type.results.count { slots.append(CommandSlot(low: 0)) }
    steps.append(
      Step(
        line: line, action: .command(.call(entryPoint: UInt32(entry), arguments: slots)), expectation: expectation(type.results)))
  }
}

extension Script.Value {
  /// As the edge carries a value (EdgeCalls, `Command`).
  var slot: CommandSlot {
    switch self {
    case .i32(let value): CommandSlot(low: UInt64(value))
    case .i64(let value): CommandSlot(low: value)
    case .f32(let bits): CommandSlot(low: UInt64(bits))
    case .f64(let bits): CommandSlot(low: bits)
    case .v128(let bytes):
      CommandSlot(
        low: bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) },
        high: bytes.dropFirst(8).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
    case .refNull, .refFunc: CommandSlot(low: 0)
    case .refExtern(let number): CommandSlot(low: UInt64(number) + 1)
    // A core function takes none; the script is at fault and will see its numbers of arguments and types differ.
    case .component: CommandSlot(low: 0)
    }
  }
}
