import Coffer
import ComponentFormat
import ComponentLinking
import WasmCompiler
import WasmText

/// What a script knows of its components.
struct ScriptComponents {
  /// The names of components and their instances.
  private var names: Set<String> = []
  /// Whether the last module or component of the script is a component.
  private var isCurrent = false
  var definitions: [String: ComponentBinary] = [:]
  var lastDefinition: ComponentBinary?
  var instances: [String: Made] = [:]
  var current: Made?
  /// Why components were not linked, each with its line.
  var failures: [String] = []

  /// An instance in the program.
  struct Made {
    var component: LinkedComponent
    var place: ComponentInProgram
  }

  /// Whether a command is about components. To be asked for each command, in order.
  mutating func isAbout(_ command: Script.Command) -> Bool {
    switch command.kind {
    case .module(let module), .moduleDefinition(let module):
      isCurrent = module.layer == .component
      if let name = module.name {
        if isCurrent { names.insert(name) } else { names.remove(name) }
      }
      return isCurrent
    case .moduleInstance(let name, let definition):
      isCurrent = definition.map(names.contains) ?? isCurrent
      if isCurrent, let name { names.insert(name) }
      return isCurrent
    case .register(_, let module): return isComponent(module)
    case .action(let action), .assertReturn(let action, _), .assertTrap(let action, _), .assertExhaustion(let action, _),
      .assertException(let action):
      return isComponent(action)
    case .assertMalformed(let module, _), .assertInvalid(let module, _), .assertModuleTrap(let module, _), .assertUnlinkable(let module, _):
      return module.layer == .component
    }
  }

  private func isComponent(_ name: String?) -> Bool { name.map(names.contains) ?? isCurrent }

  private func isComponent(_ action: Script.Action) -> Bool {
    switch action {
    case .invoke(let module, _, _), .get(let module, _): isComponent(module)
    }
  }
}

/// The commands of a script that are about components.
extension ScriptPlan {
  mutating func planComponent(_ command: Script.Command) {
    let line = command.line
    switch command.kind {
    case .module(let module):
      guard let binary = acceptedComponent(module, line) else { return components.current = nil }
      instantiate(binary, as: module.name, line)
    case .moduleDefinition(let module):
      guard let binary = acceptedComponent(module, line) else { return }
      components.lastDefinition = binary
      if let name = module.name { components.definitions[name] = binary }
    case .moduleInstance(let name, let definition):
      guard let binary = definition.map({ components.definitions[$0] }) ?? components.lastDefinition else {
        return tally.fail(line, "there is no component definition \(definition ?? "before this")")
      }
      instantiate(binary, as: name, line)
    case .register: tally.skip("registering components is not supported")
    case .action(let action): call(action, line, .success)
    case .assertReturn(let action, let expected): call(action, line, .values(expected))
    case .assertTrap(let action, let message), .assertExhaustion(let action, let message): call(action, line, .trap(message))
    // What no core function catches is a trap at the component's edge.
    case .assertException(let action): call(action, line, .trap(CanonicalTrap.uncaughtException.rawValue))
    case .assertMalformed(let module, let message), .assertInvalid(let module, let message):
      // A text that is malformed may come as a binary that is invalid: any refusal will do.
      do {
        _ = try decodeComponent(module.source)
        tally.fail(line, "accepted a component that is not good: \(message)")
      } catch {
        tally.pass()
      }
    case .assertModuleTrap(let module, let message):
      guard let binary = acceptedComponent(module, line) else { return }
      trap(binary, message, line)
    case .assertUnlinkable(let module, let message):
      guard let binary = acceptedComponent(module, line) else { return }
      do throws(LinkingError) {
        _ = try ComponentLinker.link(binary)
        tally.fail(line, "linked although it must not: \(message)")
      } catch {
        tally.pass()
      }
    }
  }

  private func decodeComponent(_ source: Script.Source) throws -> ComponentBinary {
    switch source {
    case .binary(let bytes): try ComponentBinary.decode(bytes)
    case .quote(let text): try ComponentBinary.decode(try Wat.encodeComponent(text))
    case .failed(let error): throw error
    }
  }

  private mutating func acceptedComponent(_ module: Script.ScriptModule, _ line: Int) -> ComponentBinary? {
    do {
      return try decodeComponent(module.source)
    } catch {
      tally.fail(line, "a good component was refused: \(error)")
      return nil
    }
  }

  // MARK: Instances

  private mutating func instantiate(_ binary: ComponentBinary, as name: String?, _ line: Int) {
    components.current = nil
    // What imports something is good, and nothing is asserted of it: scripts have no host.
    guard binary.component.imports.isEmpty else { return }
    do {
      let component = try ComponentLinker.link(binary)
      let place = try linker.instantiate(component)
      add(line, .instantiate(place.instances), .success)
      components.current = ScriptComponents.Made(component: component, place: place)
      if let name { components.instances[name] = components.current }
    } catch {
      // Counted where something is asserted of it.
      components.failures.append("\(line): \(error)")
    }
  }

  private mutating func trap(_ binary: ComponentBinary, _ message: String, _ line: Int) {
    do {
      let place = try linker.instantiate(try ComponentLinker.link(binary))
      add(line, .instantiate(place.instances), .trap(message))
    } catch {
      tally.fail(line, "a component was not linked: \(error)")
    }
  }

  private mutating func add(_ line: Int, _ action: Step.Action, _ expectation: Step.Expectation) {
    steps.append(Step(line: line, action: action, expectation: expectation))
  }

  // MARK: Calls

  private mutating func call(_ action: Script.Action, _ line: Int, _ expectation: Step.Expectation) {
    guard case .invoke(let name, let field, let arguments) = action else { return tally.fail(line, "a component has no globals") }
    guard let made = name.map({ components.instances[$0] }) ?? components.current else {
      return tally.fail(line, "there is no component to call: \(components.failures.last ?? "none was made")")
    }
    guard let index = made.component.functions.firstIndex(where: { $0.path == [field] }) else {
      return tally.fail(line, "there is no function \"\(field)\"")
    }
    let call = ComponentCall(
      function: made.component.functions[index], types: made.component.functions[index].types, entryPoint: made.place.functions[index],
      door: made.place.door, arguments: arguments)
    add(line, .component(call), expectation)
  }
}
