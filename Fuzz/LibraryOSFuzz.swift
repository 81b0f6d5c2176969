// sources: Sources/EdgeCalls Sources/LibOS
// with: Tests/LibOSTests/Harness/TestMachine.swift Tests/LibOSTests/Harness/Invoke.swift Tests/LibOSTests/Harness/RecordedCalls.swift
// sanitize: address
// seed: 01ff1003000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
import EdgeCalls

@testable import LibOS

/// A hostile host, and a hostile program, against the library OS. The input is a stream: the program's calls and the host's answers are
/// read from it as they are needed.
///
/// Whatever they are: no trap, no access outside the linear memory (the address sanitizer sees those), no more read than was wanted
/// and nothing written beyond it, only WASI's error numbers, and a monotonic clock that never goes back.
@_cdecl("LLVMFuzzerTestOneInput")
public func lieToLibraryOS(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let host = StreamHost(UnsafeBufferPointer(start: data, count: count))
  var start = TestMachine.Start()
  start.directories = [(1, true, "/data"), (2, false, "fixed")]
  start.frequency = host.next() % 2 == 0 ? 0 : 1_000_000_000
  guard let machine = try? TestMachine(host: host, start: start) else { return 0 }
  host.machine = machine
  let runner = CallRunner(machine)
  for (index, path) in ["hello", "a/b/../c", "../x", "/abs", "\u{0}", "."].enumerated() {
    machine.write(Array(path.utf8), at: 512 + 16 * index)
  }
  var last: UInt64 = 0
  for _ in 0..<64 where !host.isAtEnd {
    if host.next() % 4 == 0 { checkedRead(host, machine, runner) } else { call(host, machine, runner) }
    if runner.invoke("clock_time_get", [1, 0, clockAddress]) == .errno(0) {
      let now = machine.memoryBase.load(fromByteOffset: Int(clockAddress), as: UInt64.self)
      precondition(now >= last, "the monotonic clock went back from \(last) to \(now)")
      last = now
    }
  }
  return 0
}

private let clockAddress = UInt64(TestMachine.memorySize - 8)

private func call(_ host: StreamHost, _ machine: TestMachine, _ runner: CallRunner) {
  let functions = WASIPreview1.functions
  let function = functions[Int(host.next()) % functions.count]
  for word in 0..<4 { machine.write(encode([host.number32()]), at: 1024 + 4 * word) }
  let arguments = (0..<function.parameters.utf8CodeUnitCount).map { _ in host.number() }
  if case .errno(let number)? = runner.invoke("\(function.name)", arguments) {
    precondition(number <= 76, "\(function.name) gave error \(number)")
  }
}

/// A read of a declared size, with other bytes on either side.
private func checkedRead(_ host: StreamHost, _ machine: TestMachine, _ runner: CallRunner) {
  let (vector, place, size, guardSize, result) = (2048, 8192, Int(host.next()), 64, 2064)
  machine.write([UInt8](repeating: 0xEE, count: size + 2 * guardSize), at: place - guardSize)
  machine.write(encode([UInt32(place), UInt32(size)]), at: vector)
  guard runner.invoke("fd_read", [UInt64(host.next() % 8), UInt64(vector), 1, UInt64(result)]) == .errno(0) else { return }
  let read = machine.memoryBase.load(fromByteOffset: result, as: UInt32.self)
  precondition(read <= UInt32(size), "\(read) bytes read where \(size) were wanted")
  let rest = machine.read(place + Int(read), size - Int(read) + guardSize)
  precondition(
    rest.suffix(guardSize).allSatisfy { $0 == 0xEE } && machine.read(place - guardSize, guardSize).allSatisfy { $0 == 0xEE },
    "written beyond what was wanted")
}

private final class StreamHost: TestHost {
  private let bytes: [UInt8]
  private var position = 0
  weak var machine: TestMachine?

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = Array(bytes) }

  var isAtEnd: Bool { position >= bytes.count }

  func next() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  func number() -> UInt64 {
    let edges: [UInt64] = [512, 528, 1024, 2048, 65536, 262_140, 262_144, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 63, .max]
    let byte = Int(next())
    return byte < 255 - edges.count ? UInt64(byte) : edges[(byte - (255 - edges.count)) % edges.count]
  }

  func number32() -> UInt32 { UInt32(truncatingIfNeeded: number()) }

  func serve(_ window: TestWindow) {
    // Time passes, lest a program that sleeps for ever keeps the target.
    machine?.counter.value &+= 1 << 61
    guard !isAtEnd else { return window.answer(error: EdgeError.inputOutput) }
    let kind = next()
    let error: UInt32 = kind < 200 ? 0 : kind < 250 ? UInt32(kind) - 199 : [4095, 4096, 4097, .max, 1 << 31, 0][Int(kind) - 250]
    let results = (number(), number())
    let payload = (0..<Int(next() % 96)).map { _ in next() }
    window.answer(error: error, results.0, results.1, payload: payload)
    let lie = next()
    let lengths: [UInt32] = [0, 1, 63, 64, 65, 0x3_FFFF, 0x4_0000, 0x4_0001, .max]
    if Int(lie) < lengths.count {
      window.base.storeBytes(of: lengths[Int(lie)], toByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self)
    }
  }
}
