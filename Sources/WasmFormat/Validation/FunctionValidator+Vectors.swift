/// The rules of vector instructions (specification 3.3.3 and 3.3.7).
extension FunctionValidator {
  mutating func checkVector(_ instruction: Instruction) throws(WasmError) {
    switch instruction {
    case .vectorLoad(let load, let argument):
      try checkMemory(argument, naturalAlignment: load.naturalAlignment)
      try replaceOne(.i32, with: .v128)
    case .vectorStore(let argument):
      try checkMemory(argument, naturalAlignment: 4)
      try pop(.v128)
      try pop(.i32)
    case .vectorLoadLane(let width, let argument, let lane):
      try checkLane(lane, below: 16 / width)
      try checkMemory(argument, naturalAlignment: UInt32(width.trailingZeroBitCount))
      try pop(.v128)
      try replaceOne(.i32, with: .v128)
    case .vectorStoreLane(let width, let argument, let lane):
      try checkLane(lane, below: 16 / width)
      try checkMemory(argument, naturalAlignment: UInt32(width.trailingZeroBitCount))
      try pop(.v128)
      try pop(.i32)
    case .vectorConst: push(.v128)
    case .shuffle(let lanes):
      for lane in lanes.bytes { try checkLane(lane, below: 32) }
      try replaceTwo(.v128, with: .v128)
    case .vectorLane(let operation, let lane):
      try checkLane(lane, below: operation.laneCount)
      if operation.isReplacement {
        try pop(operation.lane)
        try replaceOne(.v128, with: .v128)
      } else {
        try replaceOne(.v128, with: operation.lane)
      }
    case .vector(let operation): try check(operation)
    default: break
    }
  }

  private mutating func check(_ operation: VectorOperator) throws(WasmError) {
    switch operation.shape {
    case .vectors(let count):
      for _ in 0..<count { try pop(.v128) }
      push(.v128)
    case .shift:
      try pop(.i32)
      try replaceOne(.v128, with: .v128)
    case .test: try replaceOne(.v128, with: .i32)
    case .splat(let type): try replaceOne(type, with: .v128)
    }
  }

  private func checkLane(_ lane: UInt8, below count: UInt8) throws(WasmError) {
    guard lane < count else { throw .invalid("invalid lane index \(lane), there are \(count)", at: offset) }
  }
}
