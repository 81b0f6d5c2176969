import ComponentFormat
import WasmFormat

/// Between whom values pass.
struct TransferEnds: Hashable {
  struct End: Hashable {
    var memory: CoreItem?
    var reallocate: CoreItem?
    var encoding: CanonicalOptions.StringEncoding
    let instance: ComponentInstance

    init(_ options: ResolvedOptions, _ instance: ComponentInstance) {
      memory = options.memory
      reallocate = options.reallocate
      encoding = options.encoding
      self.instance = instance
    }

    static func == (one: End, other: End) -> Bool {
      one.memory == other.memory && one.reallocate == other.reallocate && one.encoding == other.encoding
        && one.instance === other.instance
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(memory)
      hasher.combine(encoding)
      hasher.combine(ObjectIdentifier(instance))
    }
  }
  var source: End
  var destination: End
  /// Which the types belong to: what resource types they name.
  private var types: ObjectIdentifier

  init(from source: End, to destination: End, _ environment: Environment) {
    self.source = source
    self.destination = destination
    types = ObjectIdentifier(environment)
  }
}

/// Writes what takes values of a type from one component instance to another: loading and storing, or lifting and lowering, in one (Canonical
/// ABI, "Loading", "Storing", "Flat Lifting", "Flat Lowering"). Values are core values on both sides, or in memory on both sides.
///
/// Each type has a function of its own, written once: types are shared, and spelling out each of their uses could take forever.
final class ValueTransfer {
  let adapters: AdapterModule
  let ends: TransferEnds
  let environment: Environment
  var copies: [TypeID: ModuleWriter.Function] = [:]
  var flats: [TypeID: ModuleWriter.Function] = [:]
  var lists: [ComponentValueType: ModuleWriter.Function] = [:]
  var plain: [TypeID: Bool] = [:]
  var strings: ModuleWriter.Function?

  init(_ adapters: AdapterModule, _ ends: TransferEnds, _ environment: Environment) {
    self.adapters = adapters
    self.ends = ends
    self.environment = environment
  }

  var types: TypeTable { environment.types }
  func layout(_ type: ComponentValueType) -> ValueLayout { types.layout(of: type) }

  /// Where the parts of a tuple lie.
  func tuple(_ parts: [ComponentValueType]) -> MemoryPlaces { MemoryPlaces(parts, types) }

  // MARK: Memories

  /// Number in the adapter's module. Validation has seen to it that there is one where it is needed.
  func memory(_ end: TransferEnds.End) -> UInt32 { end.memory.map(adapters.writer.memory) ?? 0 }
  var sourceMemory: UInt32 { memory(ends.source) }
  var destinationMemory: UInt32 { memory(ends.destination) }

  /// Bytes, as an `i64`.
  func memoryBytes(_ code: FunctionWriter, _ memory: UInt32) {
    code.memorySize(memory)
    code.op(.i64ExtendI32U)
    code.i64(16)
    code.op(.i64Shl)
  }

  func checkAlignment(_ code: FunctionWriter, _ address: FunctionWriter.Local, _ alignment: Int, _ reason: CanonicalTrap) {
    guard alignment > 1 else { return }
    code.get(address)
    code.i32(alignment - 1)
    code.op(.i32And)
    adapters.trap(code, reason)
  }

  /// `length` puts an `i64` below 2^33 on the stack.
  func checkRange(
    _ code: FunctionWriter, _ address: FunctionWriter.Local, _ memory: UInt32, _ reason: CanonicalTrap, length: () -> Void
  ) {
    code.get(address)
    code.op(.i64ExtendI32U)
    length()
    code.op(.i64Add)
    memoryBytes(code, memory)
    code.op(.i64GtU)
    adapters.trap(code, reason)
  }

  /// Of parameters or results that did not fit into core values.
  func checkPointer(_ code: FunctionWriter, _ address: FunctionWriter.Local, _ tuple: MemoryPlaces, in end: TransferEnds.End) {
    checkAlignment(code, address, tuple.alignment, .unalignedPointer)
    checkRange(code, address, memory(end), .pointerOutOfBounds) { code.i64(Int64(tuple.size)) }
  }

  /// Leaves the address of new room in the destination.
  func allocate(_ code: FunctionWriter, alignment: Int, size: () -> Void) {
    reallocate(code, alignment: alignment, old: { code.i32(0) }, oldSize: { code.i32(0) }, size: size)
  }

  func reallocate(_ code: FunctionWriter, alignment: Int, old: () -> Void, oldSize: () -> Void, size: () -> Void) {
    guard let function = ends.destination.reallocate else { return code.unreachable() }
    old()
    oldSize()
    code.i32(alignment)
    size()
    code.call(adapters.guarded(function, FunctionType(parameters: [.i32, .i32, .i32, .i32], results: [.i32])))
  }

  func checkAllocation(_ code: FunctionWriter, _ address: FunctionWriter.Local, alignment: Int, length: () -> Void) {
    checkAlignment(code, address, alignment, .reallocUnaligned)
    checkRange(code, address, destinationMemory, .reallocOutOfBounds, length: length)
  }

  // MARK: Handles

  /// A handle stands on the stack, and then the one that the destination has.
  func own(_ code: FunctionWriter, _ type: TypeID) throws(LinkingError) {
    let resource = try environment.resource(type)
    let handle = code.local(.i32)
    code.set(handle)
    code.i32(HandleTables.table(of: ends.destination.instance))
    code.i32(HandleTables.table(of: ends.source.instance))
    code.get(handle)
    code.i32(resource.number)
    adapters.call(code, .take)
    code.i32(resource.number)
    code.i32(1)
    adapters.call(code, .add)
  }

  /// Who implements a resource sees its representation.
  func borrow(_ code: FunctionWriter, _ type: TypeID) throws(LinkingError) {
    let resource = try environment.resource(type)
    let handle = code.local(.i32)
    code.set(handle)
    let isOwnType = resource.implementation === ends.destination.instance
    if !isOwnType { code.i32(HandleTables.table(of: ends.destination.instance)) }
    code.i32(HandleTables.table(of: ends.source.instance))
    code.get(handle)
    code.i32(resource.number)
    adapters.call(code, .lend)
    guard !isOwnType else { return }
    code.i32(resource.number)
    code.i32(0)
    adapters.call(code, .add)
  }

  func unsupported(_ type: DefinedValueType) -> LinkingError {
    LinkingError(.unsupported, "passing values with a \(type.word) in them is not supported")
  }
}

extension DefinedValueType {
  fileprivate var word: String {
    switch self {
    case .stream: "stream"
    case .future: "future"
    default: "error-context"
    }
  }
}

extension ComponentInstance {
  /// Whose code may not be running when the outside calls into this one.
  func entering() -> [ComponentInstance] {
    var result: [ComponentInstance] = []
    var next: ComponentInstance? = self
    while let instance = next {
      result.append(instance)
      next = instance.parent
    }
    return result
  }
}
