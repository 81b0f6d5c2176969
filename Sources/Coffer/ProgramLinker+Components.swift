import ComponentLinking
import WasmCompiler
import WasmFormat

/// A linked component as part of a program.
public struct ComponentInProgram: Sendable {
  /// The program's instances that it became, in the order of their creation.
  public var instances: Range<Int>
  /// For each of the component's functions, the entry point that calls it.
  public var functions: [UInt32]
  /// Entry points of the door, where there is one.
  public var door: DoorEntryPoints?
}

/// The entry points through which the outside writes arguments, reads results and begins anew, by their numbers in the image.
public struct DoorEntryPoints: Sendable, Hashable {
  public var put: UInt32
  public var get: UInt32
  public var reset: UInt32
}

extension ProgramLinker {
  /// Adds the core instances of a component. Only what the component exports, and its door, can be called from outside.
  public mutating func instantiate(_ component: LinkedComponent) throws(ImportError) -> ComponentInProgram {
    let first = program.instances.count
    var offered: [Int: Set<ByteName>] = [:]
    for function in component.functions { offered[function.instance, default: []].insert(ByteName(function.name)) }
    if let door = component.door {
      offered[door.instance, default: []].insert(ByteName(Door.reset))
    }
    var exports: [[ByteName: Exported]] = []
    for (number, instance) in component.instances.enumerated() {
      var bindings: [ByteName: [ByteName: CoreItem]] = [:]
      for (item, bound) in zip(instance.module.imports, instance.imports) {
        bindings[ByteName(item.module), default: [:]][ByteName(item.name)] = bound
      }
      let made = try instantiate(instance.module, entryPoints: offered[number] ?? []) { module, name in
        switch bindings[ByteName(module)]?[ByteName(name)] {
        case .export(let instance, let name)? where instance < exports.count: exports[instance][ByteName(name.description)]
        default: nil
        }
      }
      exports.append(made)
    }
    if let door = component.door, case .memory(let memory)? = exports[door.instance][ByteName(Door.memory)] {
      openMemory(memory, instance: first + door.instance, write: Door.put, read: Door.get)
    }
    var places: [Place: UInt32] = [:]
    for (index, entry) in program.entryPoints.enumerated() where entry.instance >= first {
      places[Place(instance: entry.instance - first, name: ByteName(entry.name))] = UInt32(index)
    }
    var result = ComponentInProgram(instances: first..<program.instances.count, functions: [])
    for function in component.functions {
      guard let entry = places[Place(instance: function.instance, name: ByteName(function.name))] else { continue }
      result.functions.append(entry)
    }
    if let door = component.door {
      func entry(_ name: String) -> UInt32? { places[Place(instance: door.instance, name: ByteName(name))] }
      if let put = entry(Door.put), let get = entry(Door.get), let reset = entry(Door.reset) {
        result.door = DoorEntryPoints(put: put, get: get, reset: reset)
      }
    }
    return result
  }

  private struct Place: Hashable {
    var instance: Int
    var name: ByteName
  }
}
