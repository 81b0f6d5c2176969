import WasmFormat

/// Writes what finds out whether a string is one.
struct StringValidators {
  private let transfer: ValueTransfer

  init(_ transfer: ValueTransfer) { self.transfer = transfer }

  /// Traps unless so many code units are a string; they lie within the memory.
  func validate(
    _ units: StringUnits, _ code: FunctionWriter, _ address: FunctionWriter.Local, _ length: FunctionWriter.Local
  ) throws(LinkingError) {
    let function: ModuleWriter.Function
    switch units {
    case .latin1: return
    case .utf8: function = try utf8()
    case .utf16: function = try utf16()
    }
    code.get(address)
    code.get(length)
    code.call(function)
  }

  /// `(address, code units)`. A character is decoded as if it were sound, and then checked: its bytes' marks, and that it takes so many.
  private func utf8() throws(LinkingError) -> ModuleWriter.Function {
    let code = FunctionWriter(FunctionType(parameters: [.i32, .i32]))
    let (position, scalar, start) = (code.parameter(0), code.local(.i32), code.local(.i32))
    loop(code, size: 1) { end, again in
      code.get(end)
      code.get(position)
      code.op(.i32Sub)
      code.i32(16)
      code.op(.i32GeU)
      code.whenTrue {
        code.get(position)
        code.loadVector(memory: transfer.sourceMemory)
        code.vectorOp(VectorCode.byteBitmask.rawValue)
        code.op(.i32Eqz)
        code.whenTrue {
          move(code, position, 16)
          code.branch(again)
        }
      }
      code.get(position)
      code.set(start)
      code.get(position)
      code.load(.i32Load8U, memory: transfer.sourceMemory)
      code.tee(scalar)
      code.i32(0x80)
      code.op(.i32LtU)
      code.whenTrue {
        move(code, position, 1)
        code.branch(again)
      }
      code.get(scalar)
      code.i32(0xC2)
      code.op(.i32LtU)
      fail(code)
      code.get(scalar)
      code.i32(0xF4)
      code.op(.i32GtU)
      fail(code)
      // How many bytes there must be: 2, and one more from each of these on.
      code.get(end)
      code.get(start)
      code.op(.i32Sub)
      code.i32(2)
      for bound in [0xE0, 0xF0] {
        code.get(scalar)
        code.i32(bound)
        code.op(.i32GeU)
        code.op(.i32Add)
      }
      code.op(.i32LtU)
      fail(code)
      StringScalars(code: code, memory: transfer.sourceMemory, position: position, scalar: scalar).decode(.utf8)
      checkMarks(code, start, position)
      checkScalar(code, scalar, start, position)
      code.branch(again)
    }
    return try transfer.adapters.define(code, name: "UTF-8")
  }

  /// Each byte behind the first has the bits 10 on top.
  private func checkMarks(_ code: FunctionWriter, _ start: FunctionWriter.Local, _ position: FunctionWriter.Local) {
    let byte = code.local(.i32)
    code.get(start)
    code.set(byte)
    code.loop { again in
      move(code, byte, 1)
      code.get(byte)
      code.load(.i32Load8U, memory: transfer.sourceMemory)
      code.i32(0xC0)
      code.op(.i32And)
      code.i32(0x80)
      code.op(.i32Ne)
      fail(code)
      code.get(byte)
      code.i32(1)
      code.op(.i32Add)
      code.get(position)
      code.op(.i32Ne)
      code.branchIf(again)
    }
  }

  /// Neither a surrogate, nor beyond the last character, nor written longer than it must be: three bytes begin at 0x800, four at 0x10000,
  /// and the lead byte has told two from one.
  private func checkScalar(
    _ code: FunctionWriter, _ scalar: FunctionWriter.Local, _ start: FunctionWriter.Local, _ position: FunctionWriter.Local
  ) {
    code.get(scalar)
    code.i32(11)
    code.op(.i32ShrU)
    code.i32(0xD800 >> 11)
    code.op(.i32Eq)
    fail(code)
    code.get(scalar)
    code.i32(0x10FFFF)
    code.op(.i32GtU)
    fail(code)
    code.get(scalar)
    code.i32(1)
    code.get(position)
    code.get(start)
    code.op(.i32Sub)
    code.i32(5)
    code.op(.i32Mul)
    code.i32(4)
    code.op(.i32Sub)
    code.op(.i32Shl)
    code.op(.i32LtU)
    fail(code)
  }

  /// `(address, code units)`: high surrogates stand before low ones, and neither alone.
  private func utf16() throws(LinkingError) -> ModuleWriter.Function {
    let code = FunctionWriter(FunctionType(parameters: [.i32, .i32]))
    let (position, unit) = (code.parameter(0), code.local(.i32))
    loop(code, size: 2) { end, again in
      code.get(position)
      code.load(.i32Load16U, memory: transfer.sourceMemory)
      code.set(unit)
      move(code, position, 2)
      code.get(unit)
      code.i32(0xF800)
      code.op(.i32And)
      code.i32(0xD800)
      code.op(.i32Ne)
      code.branchIf(again)
      code.get(unit)
      code.i32(0xDC00)
      code.op(.i32GeU)
      fail(code)
      code.get(position)
      code.get(end)
      code.op(.i32Eq)
      fail(code)
      code.get(position)
      code.load(.i32Load16U, memory: transfer.sourceMemory)
      code.i32(0xFC00)
      code.op(.i32And)
      code.i32(0xDC00)
      code.op(.i32Ne)
      fail(code)
      move(code, position, 2)
      code.branch(again)
    }
    return try transfer.adapters.define(code, name: "UTF-16")
  }

  // MARK: Parts

  private func loop(
    _ code: FunctionWriter, size: Int, _ body: (_ end: FunctionWriter.Local, _ again: FunctionWriter.Label) -> Void
  ) {
    let end = code.local(.i32)
    code.get(code.parameter(0))
    code.get(code.parameter(1))
    code.i32(size)
    code.op(.i32Mul)
    code.op(.i32Add)
    code.set(end)
    code.block { done in
      code.loop { again in
        code.get(code.parameter(0))
        code.get(end)
        code.op(.i32Eq)
        code.branchIf(done)
        body(end, again)
      }
    }
  }

  private func move(_ code: FunctionWriter, _ local: FunctionWriter.Local, _ count: Int) {
    code.get(local)
    code.i32(count)
    code.op(.i32Add)
    code.set(local)
  }

  private func fail(_ code: FunctionWriter) { transfer.adapters.trap(code, .invalidEncoding) }
}

/// Reads one character of a sound string.
struct StringScalars {
  let code: FunctionWriter
  let memory: UInt32
  /// Moves on behind the character.
  let position: FunctionWriter.Local
  let scalar: FunctionWriter.Local

  func decode(_ units: StringUnits) {
    code.get(position)
    code.load(units == .utf16 ? .i32Load16U : .i32Load8U, memory: memory)
    code.set(scalar)
    switch units {
    case .latin1: move(1)
    case .utf16: utf16()
    case .utf8: utf8()
    }
  }

  private func utf16() {
    code.get(scalar)
    code.i32(0xFC00)
    code.op(.i32And)
    code.i32(0xD800)
    code.op(.i32Eq)
    code.whenTrue {
      code.get(scalar)
      code.i32(10)
      code.op(.i32Shl)
      code.get(position)
      code.load(.i32Load16U, memory: memory, offset: 2)
      code.op(.i32Add)
      code.i32(0x10000 - (0xD800 << 10) - 0xDC00)
      code.op(.i32Add)
      code.set(scalar)
      move(2)
    }
    move(2)
  }

  private func utf8() {
    code.get(scalar)
    code.i32(0x80)
    code.op(.i32LtU)
    code.whenTrue {
      move(1)
    } otherwise: {
      code.get(scalar)
      code.i32(0xE0)
      code.op(.i32LtU)
      code.whenTrue {
        several(2, mask: 0x1F)
      } otherwise: {
        code.get(scalar)
        code.i32(0xF0)
        code.op(.i32LtU)
        code.whenTrue { several(3, mask: 0x0F) } otherwise: { several(4, mask: 0x07) }
      }
    }
  }

  private func several(_ count: Int, mask: Int) {
    code.get(scalar)
    code.i32(mask)
    code.op(.i32And)
    for index in 1..<count {
      code.i32(6)
      code.op(.i32Shl)
      code.get(position)
      code.load(.i32Load8U, memory: memory, offset: index)
      code.i32(0x3F)
      code.op(.i32And)
      code.op(.i32Or)
    }
    code.set(scalar)
    move(count)
  }

  private func move(_ count: Int) {
    code.get(position)
    code.i32(count)
    code.op(.i32Add)
    code.set(position)
  }
}
