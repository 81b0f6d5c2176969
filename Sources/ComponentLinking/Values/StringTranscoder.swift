import WasmFormat

/// Writes what takes a string that has been found sound from the source to the destination. The function's parameters are the source's
/// address and number of code units; address and tagged length of the destination are left on the stack.
struct StringTranscoder {
  let transfer: ValueTransfer
  let units: StringUnits
  let code: FunctionWriter
  let source: FunctionWriter.Local
  let length: FunctionWriter.Local
  let end: FunctionWriter.Local
  let address: FunctionWriter.Local
  let out: FunctionWriter.Local
  let scalar: FunctionWriter.Local
  let room: FunctionWriter.Local
  let used: FunctionWriter.Local
  let next: FunctionWriter.Local
  let from: UInt32
  let to: UInt32

  /// Says that a length counts code units of 16 bits.
  private static let tag = Int(Int32.min)

  init(_ transfer: ValueTransfer, _ units: StringUnits, _ code: FunctionWriter) {
    self.transfer = transfer
    self.units = units
    self.code = code
    (source, length) = (code.parameter(0), code.parameter(1))
    end = code.local(.i32)
    address = code.local(.i32)
    out = code.local(.i32)
    scalar = code.local(.i32)
    room = code.local(.i32)
    used = code.local(.i32)
    next = code.local(.i32)
    (from, to) = (transfer.sourceMemory, transfer.destinationMemory)
  }

  // MARK: Encodings

  /// Bytes as they are.
  func copy(alignment: Int) {
    times(length, units.size)
    code.set(room)
    allocate(alignment)
    code.get(address)
    code.get(source)
    code.get(room)
    code.memoryCopy(destination: to, source: from)
    code.get(address)
    code.get(length)
  }

  func toUTF16() {
    begin()
    times(length, 2)
    code.set(room)
    allocate(2)
    code.get(address)
    code.set(out)
    encodeRest16()
    if units == .utf8 { shrink(alignment: 2) }
    code.get(address)
    code.get(used)
    code.i32(1)
    code.op(.i32ShrU)
  }

  func toUTF8() {
    begin()
    code.get(length)
    code.set(room)
    allocate(1)
    code.get(address)
    code.set(out)
    code.block { rest in
      whileSource { again in
        asciiBlock(again)
        load()
        code.tee(scalar)
        code.i32(0x80)
        code.op(.i32GeU)
        code.branchIf(rest)
        code.get(out)
        code.get(scalar)
        code.store(.i32Store8, memory: to)
        step(out, 1)
        step(source, units.size)
      }
      code.get(address)
      code.get(length)
      code.leave()
    }
    grow(alignment: 1, to: units == .utf16 ? 3 : 2) {}
    whileSource { _ in
      decode()
      encode8()
    }
    measure()
    shrink(alignment: 1)
    code.get(address)
    code.get(used)
  }

  func toLatin1OrUTF16() {
    begin()
    code.get(length)
    code.set(room)
    allocate(2)
    code.get(address)
    code.set(out)
    code.block { wide in
      whileSource { _ in
        code.get(source)
        code.set(next)
        decode()
        code.get(scalar)
        code.i32(0x100)
        code.op(.i32GeU)
        code.branchIf(wide)
        code.get(out)
        code.get(scalar)
        code.store(.i32Store8, memory: to)
        step(out, 1)
      }
      measure()
      shrink(alignment: 2)
      code.get(address)
      code.get(used)
      code.leave()
    }
    // The character that does not fit is read again.
    code.get(next)
    code.set(source)
    grow(alignment: 2, to: 2) { inflate() }
    encodeRest16()
    shrink(alignment: 2)
    code.get(address)
    code.get(used)
    code.i32(1)
    code.op(.i32ShrU)
    code.i32(Self.tag)
    code.op(.i32Or)
  }

  /// 16 bits were said to be needed: copied as they are, and made narrower if they were not.
  func probablyUTF16() {
    begin()
    times(length, 2)
    code.set(room)
    allocate(2)
    code.get(address)
    code.get(source)
    code.get(room)
    code.memoryCopy(destination: to, source: from)
    code.block { narrow in
      whileSource { _ in
        load()
        code.i32(0x100)
        code.op(.i32GeU)
        code.whenTrue {
          code.get(address)
          code.get(length)
          code.i32(Self.tag)
          code.op(.i32Or)
          code.leave()
        }
        step(source, 2)
      }
      code.branch(narrow)
    }
    code.get(address)
    code.set(out)
    code.get(address)
    code.set(next)
    code.block { done in
      code.loop { again in
        code.get(out)
        code.get(address)
        code.get(length)
        code.op(.i32Add)
        code.op(.i32Eq)
        code.branchIf(done)
        code.get(out)
        code.get(next)
        code.load(.i32Load8U, memory: to)
        code.store(.i32Store8, memory: to)
        step(out, 1)
        step(next, 2)
        code.branch(again)
      }
    }
    code.get(length)
    code.set(used)
    // Of an empty string too (`store_probably_utf16_to_latin1_or_utf16`).
    giveBackRest(alignment: 1)
    code.get(address)
    code.get(length)
  }

  // MARK: Room

  private func allocate(_ alignment: Int) {
    transfer.allocate(code, alignment: alignment) { code.get(room) }
    code.set(address)
    transfer.checkAllocation(code, address, alignment: alignment) { wide(room) }
  }

  private func wide(_ local: FunctionWriter.Local) {
    code.get(local)
    code.op(.i64ExtendI32U)
  }

  /// To so many bytes for each code unit of the source; `move` may put what is there elsewhere, with `used` for how much it is.
  private func grow(alignment: Int, to factor: Int, move: () -> Void) {
    measure()
    transfer.reallocate(
      code, alignment: alignment, old: { code.get(address) }, oldSize: { code.get(room) }, size: { times(length, factor) })
    code.set(address)
    times(length, factor)
    code.set(room)
    transfer.checkAllocation(code, address, alignment: alignment) { wide(room) }
    move()
    code.get(address)
    code.get(used)
    code.op(.i32Add)
    code.set(out)
  }

  /// Gives back what is beyond `used`, if there is anything.
  private func shrink(alignment: Int) {
    code.get(used)
    code.get(room)
    code.op(.i32Ne)
    code.whenTrue { giveBackRest(alignment: alignment) }
  }

  private func giveBackRest(alignment: Int) {
    transfer.reallocate(
      code, alignment: alignment, old: { code.get(address) }, oldSize: { code.get(room) }, size: { code.get(used) })
    code.set(address)
    transfer.checkAllocation(code, address, alignment: alignment) { wide(used) }
  }

  /// Single bytes become pairs, from the last one on.
  private func inflate() {
    code.get(used)
    code.set(next)
    code.block { done in
      code.loop { again in
        code.get(next)
        code.op(.i32Eqz)
        code.branchIf(done)
        step(next, -1)
        code.get(address)
        times(next, 2)
        code.op(.i32Add)
        code.get(address)
        code.get(next)
        code.op(.i32Add)
        code.load(.i32Load8U, memory: to)
        code.store(.i32Store16, memory: to)
        code.branch(again)
      }
    }
    times(used, 2)
    code.set(used)
  }

  // MARK: Loops

  private func begin() {
    code.get(source)
    times(length, units.size)
    code.op(.i32Add)
    code.set(end)
  }

  private func whileSource(_ body: (FunctionWriter.Label) -> Void) {
    code.block { done in
      code.loop { again in
        code.get(source)
        code.get(end)
        code.op(.i32Eq)
        code.branchIf(done)
        body(again)
        code.branch(again)
      }
    }
  }

  private func measure() {
    code.get(out)
    code.get(address)
    code.op(.i32Sub)
    code.set(used)
  }

  /// What is left, in 16 bits each; `used` is then how many bytes there are in all.
  private func encodeRest16() {
    whileSource { again in
      if units != .utf16 { wideBlock(again) }
      decode()
      encode16()
    }
    measure()
  }

  func step(_ local: FunctionWriter.Local, _ count: Int) {
    code.get(local)
    code.i32(count)
    code.op(.i32Add)
    code.set(local)
  }

  private func times(_ local: FunctionWriter.Local, _ factor: Int) {
    code.get(local)
    guard factor > 1 else { return }
    code.i32(factor)
    code.op(.i32Mul)
  }

  func remaining(atLeast count: Int, _ body: () -> Void) {
    code.get(end)
    code.get(source)
    code.op(.i32Sub)
    code.i32(count)
    code.op(.i32GeU)
    code.whenTrue(body)
  }
}
