import WasmFormat

/// One character, and sixteen bytes at once.
extension StringTranscoder {
  /// 16 bytes at once, if none is beyond ASCII (or, of Latin-1, whatever they are).
  func wideBlock(_ again: FunctionWriter.Label) {
    let vector = code.local(.v128)
    remaining(atLeast: 16) {
      code.get(source)
      code.loadVector(memory: from)
      code.set(vector)
      let body = {
        for (operation, offset) in [(VectorCode.extendLowBytes, 0), (.extendHighBytes, 16)] {
          code.get(out)
          code.i32(offset)
          code.op(.i32Add)
          code.get(vector)
          code.vectorOp(operation.rawValue)
          code.storeVector(memory: to)
        }
        step(source, 16)
        step(out, 32)
        code.branch(again)
      }
      guard units == .utf8 else { return body() }
      code.get(vector)
      code.vectorOp(VectorCode.byteBitmask.rawValue)
      code.op(.i32Eqz)
      code.whenTrue(body)
    }
  }

  /// 16 bytes of ASCII at once, to bytes.
  func asciiBlock(_ again: FunctionWriter.Label) {
    let vector = code.local(.v128)
    remaining(atLeast: 16) {
      code.get(source)
      code.loadVector(memory: from)
      code.tee(vector)
      if units == .utf16 {
        code.vectorConstant((0..<16).map { $0 % 2 == 0 ? 0x80 : 0xFF })
        code.vectorOp(VectorCode.and.rawValue)
        code.vectorOp(VectorCode.anyTrue.rawValue)
      } else {
        code.vectorOp(VectorCode.byteBitmask.rawValue)
      }
      code.op(.i32Eqz)
      code.whenTrue {
        code.get(out)
        code.get(vector)
        if units == .utf16 {
          code.get(vector)
          code.vectorOp(VectorCode.narrowWords.rawValue)
          code.vectorOp(VectorCode.extractLong.rawValue)
          code.byte(0)
          code.store(.i64Store, memory: to)
        } else {
          code.storeVector(memory: to)
        }
        step(source, 16)
        step(out, 16 / units.size)
        code.branch(again)
      }
    }
  }

  // MARK: Characters

  /// The code unit at the source.
  func load() {
    code.get(source)
    code.load(units == .utf16 ? .i32Load16U : .i32Load8U, memory: from)
  }

  /// The character at the source, which moves on.
  func decode() {
    StringScalars(code: code, memory: from, position: source, scalar: scalar).decode(units)
  }

  func encode16() {
    code.get(scalar)
    code.i32(0x10000)
    code.op(.i32LtU)
    code.whenTrue {
      code.get(out)
      code.get(scalar)
      code.store(.i32Store16, memory: to)
      step(out, 2)
    } otherwise: {
      // High surrogate 0xD800 + (c - 0x10000 >> 10) in the lower half, low surrogate 0xDC00 + (c & 0x3FF) in the upper.
      code.get(out)
      code.get(scalar)
      code.i32(10)
      code.op(.i32ShrU)
      code.i32(0xD7C0)
      code.op(.i32Add)
      code.get(scalar)
      code.i32(0x3FF)
      code.op(.i32And)
      code.i32(0xDC00)
      code.op(.i32Or)
      code.i32(16)
      code.op(.i32Shl)
      code.op(.i32Or)
      code.store(.i32Store, memory: to)
      step(out, 4)
    }
  }

  func encode8() {
    code.get(scalar)
    code.i32(0x80)
    code.op(.i32LtU)
    code.whenTrue {
      code.get(out)
      code.get(scalar)
      code.store(.i32Store8, memory: to)
      step(out, 1)
    } otherwise: {
      code.get(scalar)
      code.i32(0x800)
      code.op(.i32LtU)
      code.whenTrue {
        lead(0xC0, count: 2)
      } otherwise: {
        code.get(scalar)
        code.i32(0x10000)
        code.op(.i32LtU)
        code.whenTrue { lead(0xE0, count: 3) } otherwise: { lead(0xF0, count: 4) }
      }
    }
  }

  private func lead(_ mark: Int, count: Int) {
    for index in 0..<count {
      code.get(out)
      code.get(scalar)
      code.i32(6 * (count - 1 - index))
      code.op(.i32ShrU)
      if index > 0 {
        code.i32(0x3F)
        code.op(.i32And)
      }
      code.i32(index == 0 ? mark : 0x80)
      code.op(.i32Or)
      code.store(.i32Store8, memory: to, offset: index)
    }
    step(out, count)
  }
}

/// Vector instructions by their second opcode.
enum VectorCode: UInt32 {
  case extractLong = 29
  case and = 78
  case anyTrue = 83
  case byteBitmask = 100
  case narrowWords = 102
  case extendLowBytes = 137
  case extendHighBytes = 138
}
