import WasmFormat

/// Writes the code of one function in the binary format (specification 5.4). Operands are the writer's own business: validation checks them.
final class FunctionWriter {
  let type: FunctionType
  private(set) var bytes: [UInt8] = []
  private(set) var locals: [ValueType] = []
  /// Where a function index of five bytes is to be filled in, once all imports are known.
  private(set) var calls: [(position: Int, callee: ModuleWriter.Function)] = []
  private var depth = 0

  init(_ type: FunctionType) { self.type = type }

  /// A label that branches can name; it stands for the depth at which its block was begun.
  struct Label { fileprivate let depth: Int }

  func parameter(_ index: Int) -> Local { Local(index: UInt32(index)) }

  struct Local: Hashable { let index: UInt32 }

  func local(_ type: ValueType) -> Local {
    locals.append(type)
    return Local(index: UInt32(self.type.parameters.count + locals.count - 1))
  }

  // MARK: Instructions

  func get(_ local: Local) { opcode(0x20, local.index) }
  func set(_ local: Local) { opcode(0x21, local.index) }
  func tee(_ local: Local) { opcode(0x22, local.index) }
  func globalGet(_ index: UInt32) { opcode(0x23, index) }
  func globalSet(_ index: UInt32) { opcode(0x24, index) }

  func i32(_ value: Int) {
    bytes.append(0x41)
    bytes.appendSigned(Int64(Int32(truncatingIfNeeded: value)))
  }

  func i64(_ value: Int64) {
    bytes.append(0x42)
    bytes.appendSigned(value)
  }

  func zero(_ type: ValueType) {
    switch type {
    case .i64: i64(0)
    case .f32:
      bytes.append(0x43)
      bytes += [0, 0, 0, 0]
    case .f64:
      bytes.append(0x44)
      bytes += [UInt8](repeating: 0, count: 8)
    default: i32(0)
    }
  }

  func op(_ operation: NumericOperator) { bytes.append(UInt8(truncatingIfNeeded: operation.rawValue)) }

  func load(_ operation: LoadOperator, memory: UInt32, offset: Int = 0) { access(operation.rawValue, memory, offset) }
  func store(_ operation: StoreOperator, memory: UInt32, offset: Int = 0) { access(operation.rawValue, memory, offset) }

  /// A vector of 16 bytes.
  func loadVector(memory: UInt32) {
    bytes.append(0xFD)
    access(0, memory, 0)
  }

  func storeVector(memory: UInt32) {
    bytes.append(0xFD)
    access(11, memory, 0)
  }

  func vectorOp(_ code: UInt32) {
    bytes.append(0xFD)
    bytes.appendUnsigned(UInt64(code))
  }

  func vectorConstant(_ value: [UInt8]) {
    bytes.append(0xFD)
    bytes.append(12)
    bytes += value
  }

  /// An immediate, such as a lane.
  func byte(_ value: UInt8) { bytes.append(value) }

  func memorySize(_ memory: UInt32) { opcode(0x3F, memory) }
  func memoryGrow(_ memory: UInt32) { opcode(0x40, memory) }

  func memoryCopy(destination: UInt32, source: UInt32) {
    bytes += [0xFC, 10]
    bytes.appendUnsigned(UInt64(destination))
    bytes.appendUnsigned(UInt64(source))
  }

  func call(_ callee: ModuleWriter.Function) {
    bytes.append(0x10)
    calls.append((bytes.count, callee))
    bytes += [0, 0, 0, 0, 0]
  }

  func unreachable() { bytes.append(0x00) }
  func drop() { bytes.append(0x1A) }
  func select() { bytes.append(0x1B) }
  func leave() { bytes.append(0x0F) }

  // MARK: Blocks

  func block(_ body: (Label) -> Void) { structured(0x02, body) }
  func loop(_ body: (Label) -> Void) { structured(0x03, body) }
  func whenTrue(_ body: () -> Void) { structured(0x04) { _ in body() } }

  func whenTrue(_ body: () -> Void, otherwise: () -> Void) {
    structured(0x04) { _ in
      body()
      bytes.append(0x05)
      otherwise()
    }
  }

  /// A condition that stands on the stack chooses between two values of this type.
  func choose(_ type: ValueType, _ body: () -> Void, otherwise: () -> Void) {
    bytes += [0x04, type.rawValue]
    depth += 1
    body()
    bytes.append(0x05)
    otherwise()
    depth -= 1
    bytes.append(0x0B)
  }

  /// Code of which every exception leads to the label.
  func catching(_ label: Label, _ body: () -> Void) {
    bytes += [0x1F, 0x40, 1, 2]
    bytes.appendUnsigned(UInt64(depth - label.depth))
    depth += 1
    body()
    end()
  }

  func begin() -> Label {
    bytes += [0x02, 0x40]
    depth += 1
    return Label(depth: depth)
  }

  func end() {
    depth -= 1
    bytes.append(0x0B)
  }

  func branch(_ label: Label) { opcode(0x0C, UInt32(depth - label.depth)) }
  func branchIf(_ label: Label) { opcode(0x0D, UInt32(depth - label.depth)) }

  func branchTable(_ labels: [Label], default fallback: Label) {
    bytes.append(0x0E)
    bytes.appendUnsigned(UInt64(labels.count))
    for label in labels + [fallback] { bytes.appendUnsigned(UInt64(depth - label.depth)) }
  }

  private func structured(_ code: UInt8, _ body: (Label) -> Void) {
    bytes += [code, 0x40]
    depth += 1
    body(Label(depth: depth))
    end()
  }

  private func opcode(_ code: UInt8, _ operand: UInt32) {
    bytes.append(code)
    bytes.appendUnsigned(UInt64(operand))
  }

  /// Alignment is a hint that nobody follows: always one byte. Bit 6 says that the memory is named.
  private func access(_ code: UInt8, _ memory: UInt32, _ offset: Int) {
    bytes.append(code)
    if memory == 0 {
      bytes.append(0)
    } else {
      bytes.append(0x40)
      bytes.appendUnsigned(UInt64(memory))
    }
    bytes.appendUnsigned(UInt64(offset))
  }

  // MARK: The whole

  /// The body with its size in front (specification 5.5.13).
  func encoded(index: (ModuleWriter.Function) -> UInt32) -> [UInt8] {
    var body: [UInt8] = []
    body.appendUnsigned(UInt64(locals.count))
    for type in locals {
      body.append(1)
      body.append(type.rawValue)
    }
    let start = body.count
    body += bytes
    body.append(0x0B)
    for (position, callee) in calls { body.patch(index(callee), at: start + position) }
    var result: [UInt8] = []
    result.appendUnsigned(UInt64(body.count))
    return result + body
  }
}

extension [UInt8] {
  mutating func appendUnsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func appendSigned(_ value: Int64) {
    var rest = value
    while true {
      let low = UInt8(truncatingIfNeeded: rest) & 0x7F
      rest >>= 7
      if rest == 0 && low & 0x40 == 0 || rest == -1 && low & 0x40 != 0 { return append(low) }
      append(low | 0x80)
    }
  }

  mutating func appendName(_ name: String) {
    appendUnsigned(UInt64(name.utf8.count))
    append(contentsOf: name.utf8)
  }

  /// Five bytes, however small the number.
  fileprivate mutating func patch(_ value: UInt32, at position: Int) {
    for index in 0..<5 {
      let byte = UInt8(truncatingIfNeeded: value >> UInt32(7 * index)) & 0x7F
      self[position + index] = index < 4 ? byte | 0x80 : byte
    }
  }
}
