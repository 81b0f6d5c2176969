import ComponentFormat
import WasmText

/// The part of a script that is about components: their definitions are judged; what needs one to run is skipped.
struct ScriptComponents {
  private static let notRun = "running components is not there yet"
  /// The names of components and their instances.
  private var names: Set<String> = []
  /// Whether the last module or component of the script is a component.
  private var isCurrent = false

  /// False for a command that is about core modules.
  mutating func plan(_ command: Script.Command, _ tally: inout Tally) -> Bool {
    let line = command.line
    switch command.kind {
    case .module(let module), .moduleDefinition(let module):
      isCurrent = module.layer == .component
      if let name = module.name {
        if isCurrent { names.insert(name) } else { names.remove(name) }
      }
      guard isCurrent else { return false }
      if let fault = fault(module.source) { tally.fail(line, "a good component was refused: \(fault)") }
    case .moduleInstance(let name, let definition):
      guard definition.map(names.contains) ?? isCurrent else {
        isCurrent = false
        return false
      }
      isCurrent = true
      if let name { names.insert(name) }
    case .register(_, let module): return isComponent(module)
    case .action(let action): return isComponent(action)
    case .assertReturn(let action, _), .assertTrap(let action, _), .assertExhaustion(let action, _):
      guard isComponent(action) else { return false }
      tally.skip(Self.notRun)
    case .assertMalformed(let module, let message), .assertInvalid(let module, let message):
      guard module.layer == .component else { return false }
      // A text that is malformed may come as a binary that is invalid: any refusal will do.
      tally.check(line, fault(module.source) != nil, "accepted a component that is not good: \(message)")
    case .assertModuleTrap(let module, _), .assertUnlinkable(let module, _):
      guard module.layer == .component else { return false }
      if let fault = fault(module.source) {
        tally.fail(line, "a good component was refused: \(fault)")
      } else {
        tally.skip(Self.notRun)
      }
    }
    return true
  }

  /// Why a component is refused, by its text or by its bytes.
  private func fault(_ source: Script.Source) -> (any Error)? {
    do {
      switch source {
      case .binary(let bytes): _ = try ComponentBinary.decode(bytes)
      case .quote(let text): _ = try ComponentBinary.decode(try Wat.encodeComponent(text))
      case .failed(let error): return error
      }
      return nil
    } catch {
      return error
    }
  }

  private func isComponent(_ name: String?) -> Bool { name.map(names.contains) ?? isCurrent }

  private func isComponent(_ action: Script.Action) -> Bool {
    switch action {
    case .invoke(let module, _, _), .get(let module, _): isComponent(module)
    }
  }
}
