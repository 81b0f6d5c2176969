import EdgeCalls
import InstanceNetwork
import LibOS

/// A host that answers operations of the network as a stream of bytes says, and a program that asks for them as another part of it says.
///
/// Whatever they are: no trap but for what is outside of the program's memory, nothing stored beyond what was wanted, no descriptor that is not in the
/// table, and an end.
final class LyingNetwork: TestHost {
  private var bytes: ArraySlice<UInt8>

  private init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  private func next() -> UInt8 { bytes.popFirst() ?? 0 }

  private func number() -> UInt64 {
    let edges: [UInt64] = [512, 1024, 2048, 65536, 262_140, 262_144, 1 << 20, 1 << 31, 1 << 32 - 4, 1 << 32 - 1, 1 << 32, 1 << 63, .max - 3, .max]
    let byte = Int(next())
    return byte < 255 - edges.count ? UInt64(byte) : edges[(byte - (255 - edges.count)) % edges.count]
  }

  private func number32() -> UInt32 { UInt32(truncatingIfNeeded: number()) }

  func serve(_ window: TestWindow) {
    guard !bytes.isEmpty else { return window.answer(error: EdgeError.inputOutput) }
    let kind = next()
    let errors: [UInt32] = [11, 104, 107, 13, 4095, 4096, 4097, .max]
    let error: UInt32 = kind < 200 ? 0 : errors[Int(kind) % errors.count]
    let value = number()
    window.answer(error: error, value, number(), payload: (0..<Int(next() % 64)).map { _ in next() })
    let lengths: [UInt32] = [UInt32(window.requestLength), 0, 1, 28, 0x10_0000, 0x10_0001, 1 << 31, .max]
    let lie = Int(next())
    if lie < 2 * lengths.count {
      window.base.storeBytes(of: lengths[lie % lengths.count], toByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self)
    }
  }

  /// - Returns: what was wrong, nil where nothing was.
  static func problem(with bytes: [UInt8]) -> String? {
    let host = LyingNetwork(bytes)
    var start = TestMachine.Start()
    start.openFiles = 8
    guard let machine = try? TestMachine(host: host, start: start) else { return nil }
    let network = InstanceNetwork(os: machine.os)
    for _ in 0..<64 where !host.bytes.isEmpty {
      if let problem = host.next() % 2 == 0 ? host.operation(machine) : host.descriptor(machine, network) { return problem }
    }
    return nil
  }

  private static let (place, guardSize) = (8192, 64)

  private func operation(_ machine: TestMachine) -> String? {
    let size = Int(next())
    let untouched = [UInt8](repeating: 0xEE, count: Self.guardSize)
    machine.write(untouched + [UInt8](repeating: 1, count: size) + untouched, at: Self.place - Self.guardSize)
    let isAsked = next() % 4 > 0
    let address = isAsked ? UInt32(Self.place) : number32()
    let length = isAsked ? UInt32(size) : number32()
    let result: UInt32 = isAsked ? 1024 : number32()
    let answer = Result { () throws(SystemError) in
      try machine.os.network(
        machine.memory, operation: UInt32(next() % 20), handle: number32(), argument: number(), bytes: address, length: length, result: result)
    }
    guard isAsked else { return nil }
    if machine.read(Self.place - Self.guardSize, Self.guardSize) != untouched || machine.read(Self.place + size, Self.guardSize) != untouched {
      return "something was stored beyond what was wanted"
    }
    switch answer {
    case .success(0):
      let stored = machine.memoryBase.load(fromByteOffset: 1032, as: UInt32.self)
      return stored > UInt32(size) ? "\(stored) bytes of \(size)" : nil
    case .success(let number): return number >= EdgeError.limit ? "the error \(number)" : nil
    case .failure(let error): return "the program was stopped with \(error.number)"
    }
  }

  private func descriptor(_ machine: TestMachine, _ network: InstanceNetwork) -> String? {
    try? network.begin()
    for word in 0..<24 { machine.write(encode([number32()]), at: 2048 + 4 * word) }
    let descriptor = UInt32(next() % 10)
    guard let handle = network.handle(descriptor) else { return nil }
    let memory = machine.memory
    let outcome = WASIOutcome { () throws(SystemError) in
      switch next() % 10 {
      case 0: try network.fdRead(memory, handle, vectors: 2048, count: UInt32(next() % 4), read: 1024)
      case 1: try network.fdWrite(memory, handle, vectors: 2048, count: UInt32(next() % 4), written: 1024)
      case 2: try network.sockRecv(memory, handle, vectors: 2048, count: 1, flags: UInt32(next() % 5), read: 1024, outFlags: 1030)
      case 3: try network.sockSend(memory, handle, vectors: 2048, count: 1, flags: UInt32(next() % 2), written: 1024)
      case 4: try network.sockAccept(memory, handle, flags: UInt32(next() % 6), accepted: 1024)
      case 5: try network.sockShutdown(handle, how: UInt32(next() % 5))
      case 6: try network.fdClose(descriptor, handle)
      case 7: try network.fdFdstatGet(memory, handle, status: 1024)
      case 8: try network.setFlags(handle, flags: UInt32(next() % 6))
      default:
        machine.write([UInt8](repeating: 0, count: 96), at: 2048)
        machine.write([1 + next() % 2], at: 2056)
        machine.write(encode([descriptor]), at: 2064)
        machine.write([next() % 3], at: 2104)
        machine.write(encode([UInt32(next() % 10)]), at: 2112)
        if network.concernsSockets(memory, subscriptions: 2048, count: 2) {
          try network.pollOneoff(memory, subscriptions: 2048, events: 4096, count: 2, ready: 1024)
        }
      }
    }
    if case .errno(let number) = outcome, number > 76 { return "the error \(number)" }
    return nil
  }
}

extension Result {
  fileprivate init(_ body: () throws(Failure) -> Success) {
    do { self = .success(try body()) } catch { self = .failure(error) }
  }
}
