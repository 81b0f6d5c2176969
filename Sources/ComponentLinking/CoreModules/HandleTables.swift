import WasmFormat

/// What adapters do with handles, by the name of the function in the state's module.
enum HandleOperation: String, CaseIterable {
  /// `(table, representation, type, is own) -> index`
  case add = "handle add"
  /// `(table, index, type) -> representation`: the handle is gone from the table.
  case take = "handle take"
  /// `(table, index, type) -> representation`: the handle cannot go until `release`.
  case lend = "handle lend"
  /// `(table, index, type) -> representation`
  case representation = "handle representation"
  /// `(table, index, type) -> representation, is own`
  case drop = "handle drop"
  /// `() -> mark`
  case mark = "handle lend mark"
  /// `(mark)`: gives back what has been lent since.
  case release = "handle release"
  /// `(table) -> count`: of the borrowed handles in the table.
  case borrows = "handle borrows"

  var type: FunctionType {
    switch self {
    case .add: FunctionType(parameters: [.i32, .i32, .i32, .i32], results: [.i32])
    case .take, .lend, .representation: FunctionType(parameters: [.i32, .i32, .i32], results: [.i32])
    case .drop: FunctionType(parameters: [.i32, .i32, .i32], results: [.i32, .i32])
    case .mark: FunctionType(results: [.i32])
    case .release: FunctionType(parameters: [.i32])
    case .borrows: FunctionType(parameters: [.i32], results: [.i32])
    }
  }
}

/// Handle tables (Canonical ABI, "Table State", "Resource State"), all in one memory that nothing else touches.
///
/// A table is a descriptor at a constant address, and an array of entries that moves to twice the room when it is full. Old room is left:
/// all of it together is less than what is in use. What has been lent is a stack of (table, index).
struct HandleTables {
  /// Of a descriptor: array, length, capacity, first free entry, borrowed handles.
  private static let (base, length, capacity, free, borrows) = (0, 4, 8, 12, 16)
  private static let descriptorSize = 32
  private static let descriptors = 64
  /// Of an entry: representation, type (0 for none), how often it is lent, whether it is owned (or, of a free one, the next free).
  private static let (representation, type, lends, own) = (0, 4, 8, 12)
  private static let entrySize = 16
  private static let (lendBase, lendCount, lendCapacity) = (0, 4, 8)
  private static let lendSize = 8
  /// Entries: an array of them must be less than half of a memory.
  private static let most = 1 << 26

  let writer: ModuleWriter
  private let memory: UInt32
  private let heap: UInt32
  private let traps: [CanonicalTrap: ModuleWriter.Function]

  /// The table of a component instance; the first is that of the outside.
  static func table(of instance: ComponentInstance) -> Int { descriptors + descriptorSize * (instance.number.map { $0 + 1 } ?? 0) }

  init(_ writer: ModuleWriter, traps: [CanonicalTrap: ModuleWriter.Function], tables: Int) {
    self.writer = writer
    self.traps = traps
    let start = Self.descriptors + Self.descriptorSize * tables
    memory = writer.defineMemory("handles", minimum: UInt64(start / 65536 + 1), maximum: 65536)
    heap = writer.defineGlobal("heap", initial: start)
  }

  func write() {
    let grow = growth(allocation())
    let entry = lookup()
    for operation in HandleOperation.allCases {
      let code = FunctionWriter(operation.type)
      switch operation {
      case .add: add(code, grow)
      case .take: take(code, entry)
      case .lend: lend(code, entry, grow)
      case .representation:
        callEntry(code, entry)
        code.load(.i32Load, memory: memory, offset: Self.representation)
      case .drop: drop(code, entry)
      case .mark:
        code.i32(0)
        code.load(.i32Load, memory: memory, offset: Self.lendCount)
      case .release: release(code)
      case .borrows: load(code, code.parameter(0), Self.borrows)
      }
      writer.export(operation.rawValue, writer.define(code, name: operation.rawValue))
    }
  }

  // MARK: Parts

  private func load(_ code: FunctionWriter, _ address: FunctionWriter.Local, _ offset: Int) {
    code.get(address)
    code.load(.i32Load, memory: memory, offset: offset)
  }

  private func store(_ code: FunctionWriter, _ address: FunctionWriter.Local, _ offset: Int, _ value: () -> Void) {
    code.get(address)
    value()
    code.store(.i32Store, memory: memory, offset: offset)
  }

  /// Traps if the value on the stack is not 0.
  private func trap(_ code: FunctionWriter, _ reason: CanonicalTrap) {
    guard let function = traps[reason] else { return }
    code.whenTrue {
      code.call(function)
      code.unreachable()
    }
  }

  /// `(bytes) -> address`: room that is zero. Bytes are at most 2^31, so the sums fit 64 bits.
  private func allocation() -> ModuleWriter.Function {
    let code = FunctionWriter(FunctionType(parameters: [.i32], results: [.i32]))
    let (address, end) = (code.local(.i32), code.local(.i64))
    code.globalGet(heap)
    code.tee(address)
    code.op(.i64ExtendI32U)
    code.get(code.parameter(0))
    code.op(.i64ExtendI32U)
    code.op(.i64Add)
    code.tee(end)
    code.i64(65535)
    code.op(.i64Add)
    code.i64(16)
    code.op(.i64ShrU)
    code.memorySize(memory)
    code.op(.i64ExtendI32U)
    code.op(.i64GtU)
    code.whenTrue {
      code.get(end)
      code.i64(65535)
      code.op(.i64Add)
      code.i64(16)
      code.op(.i64ShrU)
      code.op(.i32WrapI64)
      code.memorySize(memory)
      code.op(.i32Sub)
      code.memoryGrow(memory)
      code.i32(-1)
      code.op(.i32Eq)
      trap(code, .tooManyHandles)
    }
    code.get(end)
    code.op(.i32WrapI64)
    code.globalSet(heap)
    code.get(address)
    return writer.define(code, name: "handle room")
  }

  /// `(descriptor, bytes of an entry)`: doubles an array; base, length and capacity stand one after another in the descriptor.
  private func growth(_ allocate: ModuleWriter.Function) -> ModuleWriter.Function {
    let code = FunctionWriter(FunctionType(parameters: [.i32, .i32]))
    let (table, size) = (code.parameter(0), code.parameter(1))
    let (room, fresh) = (code.local(.i32), code.local(.i32))
    load(code, table, Self.capacity)
    code.i32(1)
    code.op(.i32Shl)
    code.tee(room)
    code.op(.i32Eqz)
    code.whenTrue {
      code.i32(16)
      code.set(room)
    }
    code.get(room)
    code.i32(Self.most)
    code.op(.i32GtU)
    trap(code, .tooManyHandles)
    code.get(room)
    code.get(size)
    code.op(.i32Mul)
    code.call(allocate)
    code.tee(fresh)
    load(code, table, Self.base)
    load(code, table, Self.length)
    code.get(size)
    code.op(.i32Mul)
    code.memoryCopy(destination: memory, source: memory)
    store(code, table, Self.base) { code.get(fresh) }
    store(code, table, Self.capacity) { code.get(room) }
    return writer.define(code, name: "handle growth")
  }

  /// `(table, index, type) -> address of the entry`
  private func lookup() -> ModuleWriter.Function {
    let code = FunctionWriter(FunctionType(parameters: [.i32, .i32, .i32], results: [.i32]))
    let (table, index, wanted) = (code.parameter(0), code.parameter(1), code.parameter(2))
    let (address, found) = (code.local(.i32), code.local(.i32))
    code.get(index)
    load(code, table, Self.length)
    code.op(.i32GeU)
    trap(code, .unknownHandle)
    load(code, table, Self.base)
    code.get(index)
    code.i32(Self.entrySize)
    code.op(.i32Mul)
    code.op(.i32Add)
    code.tee(address)
    code.load(.i32Load, memory: memory, offset: Self.type)
    code.tee(found)
    code.op(.i32Eqz)
    trap(code, .unknownHandle)
    code.get(found)
    code.get(wanted)
    code.op(.i32Ne)
    trap(code, .wrongHandle)
    code.get(address)
    return writer.define(code, name: "handle entry")
  }

  private func callEntry(_ code: FunctionWriter, _ entry: ModuleWriter.Function) {
    for index in 0..<3 { code.get(code.parameter(index)) }
    code.call(entry)
  }

  /// Takes the entry out of the table, which must not be lent.
  private func remove(_ code: FunctionWriter, _ address: FunctionWriter.Local) {
    let (table, index) = (code.parameter(0), code.parameter(1))
    load(code, address, Self.lends)
    trap(code, .lentHandle)
    store(code, address, Self.type) { code.i32(0) }
    store(code, address, Self.own) { load(code, table, Self.free) }
    store(code, table, Self.free) { code.get(index) }
  }

  // MARK: Operations

  private func add(_ code: FunctionWriter, _ grow: ModuleWriter.Function) {
    let table = code.parameter(0)
    let (index, address) = (code.local(.i32), code.local(.i32))
    load(code, table, Self.free)
    code.tee(index)
    code.whenTrue {
      load(code, table, Self.base)
      code.get(index)
      code.i32(Self.entrySize)
      code.op(.i32Mul)
      code.op(.i32Add)
      code.set(address)
      store(code, table, Self.free) { load(code, address, Self.own) }
    } otherwise: {
      load(code, table, Self.length)
      code.tee(index)
      load(code, table, Self.capacity)
      code.op(.i32Eq)
      code.whenTrue {
        code.get(table)
        code.i32(Self.entrySize)
        code.call(grow)
      }
      // Index 0 is no handle.
      code.get(index)
      code.op(.i32Eqz)
      code.whenTrue {
        code.i32(1)
        code.set(index)
      }
      store(code, table, Self.length) {
        code.get(index)
        code.i32(1)
        code.op(.i32Add)
      }
      load(code, table, Self.base)
      code.get(index)
      code.i32(Self.entrySize)
      code.op(.i32Mul)
      code.op(.i32Add)
      code.set(address)
    }
    for (offset, parameter) in [(Self.representation, 1), (Self.type, 2), (Self.own, 3)] {
      store(code, address, offset) { code.get(code.parameter(parameter)) }
    }
    store(code, address, Self.lends) { code.i32(0) }
    code.get(code.parameter(3))
    code.op(.i32Eqz)
    code.whenTrue { addBorrow(code, 1) }
    code.get(index)
  }

  private func addBorrow(_ code: FunctionWriter, _ difference: Int) {
    let table = code.parameter(0)
    store(code, table, Self.borrows) {
      load(code, table, Self.borrows)
      code.i32(difference)
      code.op(.i32Add)
    }
  }

  private func take(_ code: FunctionWriter, _ entry: ModuleWriter.Function) {
    let address = code.local(.i32)
    callEntry(code, entry)
    code.tee(address)
    code.load(.i32Load, memory: memory, offset: Self.own)
    code.op(.i32Eqz)
    trap(code, .notOwned)
    remove(code, address)
    load(code, address, Self.representation)
  }

  private func drop(_ code: FunctionWriter, _ entry: ModuleWriter.Function) {
    let (address, isOwn) = (code.local(.i32), code.local(.i32))
    callEntry(code, entry)
    code.tee(address)
    code.load(.i32Load, memory: memory, offset: Self.own)
    code.set(isOwn)
    remove(code, address)
    code.get(isOwn)
    code.op(.i32Eqz)
    code.whenTrue { addBorrow(code, -1) }
    load(code, address, Self.representation)
    code.get(isOwn)
  }

  private func lend(_ code: FunctionWriter, _ entry: ModuleWriter.Function, _ grow: ModuleWriter.Function) {
    let (address, stack, place) = (code.local(.i32), code.local(.i32), code.local(.i32))
    callEntry(code, entry)
    code.set(address)
    store(code, address, Self.lends) {
      load(code, address, Self.lends)
      code.i32(1)
      code.op(.i32Add)
    }
    // The stack's descriptor is like a table's, at address 0.
    code.i32(0)
    code.tee(stack)
    code.load(.i32Load, memory: memory, offset: Self.lendCount)
    load(code, stack, Self.lendCapacity)
    code.op(.i32Eq)
    code.whenTrue {
      code.get(stack)
      code.i32(Self.lendSize)
      code.call(grow)
    }
    load(code, stack, Self.lendBase)
    load(code, stack, Self.lendCount)
    code.i32(Self.lendSize)
    code.op(.i32Mul)
    code.op(.i32Add)
    code.set(place)
    store(code, place, 0) { code.get(code.parameter(0)) }
    store(code, place, 4) { code.get(code.parameter(1)) }
    store(code, stack, Self.lendCount) {
      load(code, stack, Self.lendCount)
      code.i32(1)
      code.op(.i32Add)
    }
    load(code, address, Self.representation)
  }

  private func release(_ code: FunctionWriter) {
    let mark = code.parameter(0)
    let (count, place, address) = (code.local(.i32), code.local(.i32), code.local(.i32))
    code.i32(0)
    code.load(.i32Load, memory: memory, offset: Self.lendCount)
    code.set(count)
    code.block { done in
      code.loop { next in
        code.get(count)
        code.get(mark)
        code.op(.i32LeU)
        code.branchIf(done)
        code.get(count)
        code.i32(1)
        code.op(.i32Sub)
        code.tee(count)
        code.i32(Self.lendSize)
        code.op(.i32Mul)
        code.i32(0)
        code.load(.i32Load, memory: memory, offset: Self.lendBase)
        code.op(.i32Add)
        code.set(place)
        load(code, place, 0)
        code.load(.i32Load, memory: memory, offset: Self.base)
        load(code, place, 4)
        code.i32(Self.entrySize)
        code.op(.i32Mul)
        code.op(.i32Add)
        code.set(address)
        store(code, address, Self.lends) {
          load(code, address, Self.lends)
          code.i32(1)
          code.op(.i32Sub)
        }
        code.branch(next)
      }
    }
    code.i32(0)
    code.get(mark)
    code.store(.i32Store, memory: memory, offset: Self.lendCount)
  }
}
