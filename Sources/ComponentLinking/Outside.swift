import ComponentFormat
import WasmFormat

/// What calls the component from outside, as if it were a component itself: with a memory of its own (the door) and a handle table.
final class Outside {
  private let linking: StaticInstantiation
  private let instance = ComponentInstance(number: nil, parent: nil)
  private var found: [(path: [String], function: FunctionValue)] = []

  init(_ linking: StaticInstantiation) { self.linking = linking }

  /// Notes the functions among the exports.
  func export(_ value: InstanceValue, path: [String]) throws(LinkingError) {
    for name in value.names {
      switch value.exports[name] {
      case .function(let function):
        guard found.count < linking.limits.functions else { throw LinkingError(.limit, "more than \(linking.limits.functions) exported functions") }
        found.append((path + [name], function))
      case .instance(let inner): try export(inner, path: path + [name])
      default: break
      }
    }
  }

  /// Whether there is a value that does not fit into core values.
  var needsDoor: Bool {
    found.contains { _, function in
      guard let type = function.environment.types.function(function.type) else { return false }
      let types = function.environment.types
      let lowering = lowering(type, types)
      return lowering.parametersInMemory || lowering.resultInMemory
        || type.parameters.contains { types.layout(of: $0.type).hasLists }
        || type.result.map { types.layout(of: $0).hasLists } ?? false
    }
  }

  private func lowering(_ type: ComponentFunctionType, _ types: TypeTable) -> FunctionLowering {
    FunctionLowering(type, isAsync: false, hasCallback: false, .lower, in: types)
  }

  func functions(door: Door?) throws(LinkingError) -> [ExportedFunction] {
    let memory = door.map { CoreItem.export(instance: $0.instance, name: CoreName(Door.memory)) }
    let reallocate = door.map { CoreItem.export(instance: $0.instance, name: CoreName(DoorModule.reallocate)) }
    let caller = CallAdapter.Caller(instance: instance, options: ResolvedOptions(memory: memory, reallocate: reallocate))
    var known: [ObjectIdentifier: ModuleWriter.Function] = [:]
    var functions: [ExportedFunction] = []
    for (path, function) in found {
      guard let type = function.environment.types.function(function.type) else { throw Environment.fault }
      // Component names are no numbers, and have no such sign.
      let name = path.joined(separator: "#")
      let adapters = try linking.openAdapters()
      let adapter: ModuleWriter.Function
      if let made = known[ObjectIdentifier(function)] {
        adapter = made
      } else {
        do throws(LinkingError) {
          // Inside a component such a function may stand unused; whoever is offered this one will call it.
          guard !function.options.isAsync else { throw LinkingError(.unsupported, "functions lifted with \"async\" are not supported") }
          adapter = try CallAdapter(adapters, caller: caller, callee: function).write()
        } catch {
          throw LinkingError(error.kind, "the function \(quoted(name)): \(error)")
        }
        known[ObjectIdentifier(function)] = adapter
      }
      let item = adapters.export(adapter, as: name)
      guard case .export(let instance, let name) = item else { continue }
      functions.append(
        ExportedFunction(
          path: path, type: type, types: function.environment.types, lowering: lowering(type, function.environment.types), instance: instance,
          name: name.description))
    }
    return functions
  }
}
