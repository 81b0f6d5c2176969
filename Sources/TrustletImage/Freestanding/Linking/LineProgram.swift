/// The state machine of DWARF 5, section 6.2.2, run over one unit.
struct LineProgram {
  private let header: LineProgramHeader
  private var address: UInt64 = 0
  private var line: Int64 = 1
  private var file: UInt64 = 1
  private var current = DebugLines.Sequence()
  private var finished: [DebugLines.Sequence] = []

  init(_ header: LineProgramHeader) { self.header = header }

  mutating func run(_ unit: inout ByteCursor) throws(ImageError) -> [DebugLines.Sequence] {
    while !unit.isAtEnd {
      let opcode = try unit.uint8()
      if opcode >= header.opcodeBase {
        try special(opcode, unit)
      } else if opcode == 0 {
        try extended(&unit)
      } else {
        try standard(opcode, &unit)
      }
    }
    return finished
  }

  private mutating func special(_ opcode: UInt8, _ unit: ByteCursor) throws(ImageError) {
    let adjusted = opcode - header.opcodeBase
    try advance(by: UInt64(adjusted / header.lineRange), unit)
    try advanceLine(by: header.lineBase + Int64(adjusted % header.lineRange), unit)
    try append(unit)
  }

  private mutating func standard(_ opcode: UInt8, _ unit: inout ByteCursor) throws(ImageError) {
    switch opcode {
    case 1: try append(unit)
    case 2: try advance(by: try unit.unsignedLEB(shortest: false), unit)
    case 3: try advanceLine(by: try unit.signedLEB(), unit)
    case 4: file = try unit.unsignedLEB(shortest: false)
    case 8: try advance(by: UInt64((255 - header.opcodeBase) / header.lineRange), unit)
    case 9: try move(by: UInt64(try unit.uint16()), unit)
    default:
      for _ in 0..<header.operandCounts[Int(opcode)] { _ = try unit.unsignedLEB(shortest: false) }
    }
  }

  private mutating func extended(_ unit: inout ByteCursor) throws(ImageError) {
    let length = try unit.unsignedLEB(shortest: false)
    guard length >= 1, length <= UInt64(unit.remaining) else { throw unit.failure("an extended opcode is cut off") }
    var operands = ByteCursor(try unit.take(Int(length)), part: ".debug_line", code: .executable)
    switch try operands.uint8() {
    case 1:
      current.end = address
      if !current.rows.isEmpty { finished.append(current) }
      current = DebugLines.Sequence()
      (address, line, file) = (0, 1, 1)
    case 2:
      let target = try operands.uint64()
      guard current.rows.isEmpty || target >= address else { throw unit.failure("addresses run backwards") }
      address = target
    default: break
    }
  }

  private mutating func advance(by operations: UInt64, _ unit: ByteCursor) throws(ImageError) {
    let (bytes, overflow) = operations.multipliedReportingOverflow(by: header.minimumInstructionLength)
    guard !overflow else { throw unit.failure("an address is beyond 64 bits") }
    try move(by: bytes, unit)
  }

  private mutating func move(by bytes: UInt64, _ unit: ByteCursor) throws(ImageError) {
    let (sum, overflow) = address.addingReportingOverflow(bytes)
    guard !overflow else { throw unit.failure("an address is beyond 64 bits") }
    address = sum
  }

  private mutating func advanceLine(by change: Int64, _ unit: ByteCursor) throws(ImageError) {
    let (sum, overflow) = line.addingReportingOverflow(change)
    guard !overflow else { throw unit.failure("a line is beyond 64 bits") }
    line = sum
  }

  private mutating func append(_ unit: ByteCursor) throws(ImageError) {
    let isModule = file < UInt64(header.isModule.count) && header.isModule[Int(file)]
    guard let offset = UInt32(exactly: isModule ? line : 0) else { throw unit.failure("a line is not within 32 bits") }
    if let last = current.rows.last, last.wasmOffset == offset { return }
    current.rows.append((address, offset))
  }
}
