// sources: Sources/ProgramFiles Sources/NodeStart Sources/NodeImage
// packages: Crypto CryptoBoringWrapper CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims
// seed: 017f454c4602010100000000000000000003003e0001000000
// seed: 02636f666665722e616464726573733d3139322e302e322e372f3234
// seed: 03474554202f65766964656e63653f6e6f6e63653d303030303030303030303030303030303030303030303030303030303030303020485454502f312e310d0a0d0a
// seed: 02636f666665722e616464726573733d3139322e302e322e372f323420636f666665722e62726f6b65723d68747470733a2f2f3139322e302e322e393a3830383520636f666665722e62726f6b65722d74656e616e743d61636d65
// seed: 040001020101020301
import NodeImage
import NodeStart

/// Whatever a program, a kernel, firmware, a command line or somebody on the network says: a value or an error that says something.
@_cdecl("LLVMFuzzerTestOneInput")
public func read(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: data, count: count)
  guard let kind = input.first else { return 0 }
  let bytes = Array(input.dropFirst())
  do {
    switch kind % 6 {
    case 0:
      // Tables end a file of whole pages.
      let file = [UInt8](repeating: 0, count: (4096 - bytes.count % 4096) % 4096) + bytes
      try FirmwareVolume(file, name: "input").check()
    case 1:
      let file = try ELFFile(bytes, name: "input")
      precondition(file.needed.allSatisfy { $0.utf8.count <= 4096 }, "a name longer than any that is read")
      _ = try file.section(named: ".modinfo")
    case 2: _ = try NodeSettings(commandLine: String(decoding: bytes, as: UTF8.self))
    case 3:
      let nonce = try EvidenceRequest(bytes).nonce
      precondition((16...64).contains(nonce.count), "a nonce that no report carries")
    case 4: follow(bytes)
    default: _ = try ReferenceValues(DirectBoot(kernel: bytes, initialRAMDisk: [1], commandLine: ""), memory: 1 << 30)
    }
  } catch {
    precondition("\(error)".utf8.count < 20_000, "an error that says too much")
  }
  return 0
}

/// Callers come, speak, are answered and leave in whatever order: no more than there are places for, and none of whom nothing is known.
private func follow(_ bytes: [UInt8]) {
  var callers = EvidenceCallers()
  var now = 0.0
  let request = Array("GET /evidence?nonce=00112233445566778899aabbccddeeff HTTP/1.1\r\n\r\n".utf8)
  for (number, byte) in bytes.enumerated() {
    let connection = Int32(byte >> 3)
    switch byte & 7 {
    case 0: _ = callers.admit(Int32(1000 + number), from: UInt32(byte >> 3), at: now)
    case 1: if !callers.isHere(connection) { _ = callers.admit(connection, from: UInt32(byte >> 6), at: now) }
    case 2: callers.received(request[...], from: connection, at: now)
    case 3: callers.received(request[..<Int(byte >> 3)], from: connection, at: now)
    case 4: if let (asking, _) = callers.next() { callers.answer(asking, [1, 2, 3], at: now) }
    case 5: callers.sent(min(2, callers.rest(of: connection).count), to: connection)
    case 6: callers.remove(connection)
    default:
      now += Double(byte >> 3)
      for late in callers.late(at: now) { precondition(!callers.isHere(late), "one who is late stays") }
    }
    precondition(callers.interests.count <= EvidenceCallers.limit && callers.interests.count { $0.reads && $0.sends } == 0, "more than there are places for")
    precondition((callers.nextEnd == nil) == callers.interests.isEmpty, "somebody has no end")
  }
}
