import WasmFormat

/// The memory through which the outside gives arguments and takes results, and how to get at it by calls of core functions.
enum DoorModule {
  static let reallocate = "realloc"
  /// Behind what is in use, always: readers may take a little too much.
  private static let slack: Int64 = 64

  static func write() throws(LinkingError) -> Module {
    let writer = ModuleWriter()
    let memory = writer.defineMemory(Door.memory, minimum: 1, maximum: 65536)
    let room = writer.define(makeRoom(memory), name: "make room")
    for (name, code) in [(Door.reset, reset(room)), (reallocate, reallocation(memory, room))] {
      writer.export(name, writer.define(code, name: name))
    }
    return try StaticInstantiation.written(writer)
  }

  /// `(end) -> whether there is none`.
  private static func makeRoom(_ memory: UInt32) -> FunctionWriter {
    let code = FunctionWriter(FunctionType(parameters: [.i64], results: [.i32]))
    let wanted = code.local(.i64)
    code.get(code.parameter(0))
    code.i64(65535 + slack)
    code.op(.i64Add)
    code.i64(16)
    code.op(.i64ShrU)
    code.tee(wanted)
    code.memorySize(memory)
    code.op(.i64ExtendI32U)
    code.op(.i64LeU)
    code.whenTrue {
      code.i32(0)
      code.leave()
    }
    code.get(wanted)
    code.i64(65536)
    code.op(.i64GtU)
    code.whenTrue {
      code.i32(1)
      code.leave()
    }
    code.get(wanted)
    code.op(.i32WrapI64)
    code.memorySize(memory)
    code.op(.i32Sub)
    code.memoryGrow(memory)
    code.i32(-1)
    code.op(.i32Eq)
    return code
  }

  private static func reset(_ room: ModuleWriter.Function) -> FunctionWriter {
    let code = FunctionWriter(FunctionType(parameters: [.i32]))
    code.get(code.parameter(0))
    code.op(.i64ExtendI32U)
    code.call(room)
    code.whenTrue { code.unreachable() }
    return code
  }

  /// `(old, old size, alignment, size) -> address`, or the last address when there is no room, which no adapter takes.
  private static func reallocation(_ memory: UInt32, _ room: ModuleWriter.Function) -> FunctionWriter {
    let code = FunctionWriter(FunctionType(parameters: [.i32, .i32, .i32, .i32], results: [.i32]))
    let (old, oldSize, alignment, size) = (code.parameter(0), code.parameter(1), code.parameter(2), code.parameter(3))
    let (address, end) = (code.local(.i64), code.local(.i64))
    code.get(old)
    code.i32(0)
    code.op(.i32Ne)
    code.get(size)
    code.get(oldSize)
    code.op(.i32LeU)
    code.op(.i32And)
    code.whenTrue {
      code.get(old)
      code.leave()
    }
    code.i32(0)
    code.load(.i32Load, memory: memory, offset: Int(Door.top))
    code.op(.i64ExtendI32U)
    code.get(alignment)
    code.op(.i64ExtendI32U)
    code.op(.i64Add)
    code.i64(1)
    code.op(.i64Sub)
    code.i64(0)
    code.get(alignment)
    code.op(.i64ExtendI32U)
    code.op(.i64Sub)
    code.op(.i64And)
    code.tee(address)
    code.get(size)
    code.op(.i64ExtendI32U)
    code.op(.i64Add)
    code.tee(end)
    code.call(room)
    code.whenTrue {
      code.i32(-1)
      code.leave()
    }
    code.i32(0)
    code.get(end)
    code.op(.i32WrapI64)
    code.store(.i32Store, memory: memory, offset: Int(Door.top))
    code.get(address)
    code.op(.i32WrapI64)
    code.get(old)
    code.get(oldSize)
    code.memoryCopy(destination: memory, source: memory)
    code.get(address)
    code.op(.i32WrapI64)
    return code
  }
}
