// sources: Sources/ProgramFiles Sources/NodeStart Sources/NodeImage
// packages: Crypto CryptoBoringWrapper CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims
// seed: 017f454c4602010100000000000000000003003e0001000000
// seed: 02636f666665722e616464726573733d3139322e302e322e372f3234
// seed: 03474554202f65766964656e63653f6e6f6e63653d303030303030303030303030303030303030303030303030303030303030303020485454502f312e310d0a0d0a
import NodeImage
import NodeStart

/// Whatever a program, a kernel, firmware, a command line or somebody on the network says: a value or an error that says something.
@_cdecl("LLVMFuzzerTestOneInput")
public func read(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: data, count: count)
  guard let kind = input.first else { return 0 }
  let bytes = Array(input.dropFirst())
  do {
    switch kind % 5 {
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
    default: _ = try ReferenceValues(DirectBoot(kernel: bytes, initialRAMDisk: [1], commandLine: ""), memory: 1 << 30)
    }
  } catch {
    precondition("\(error)".utf8.count < 20_000, "an error that says too much")
  }
  return 0
}
