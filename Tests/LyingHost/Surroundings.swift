import Foundation
import Glibc
import TrustletImage
import TrustletRun

/// What a session's trustlets may reach: a directory, files for their streams; and beside the directory, what nobody may touch.
final class Surroundings {
  let root: String
  let input: Int32
  let output: Int32
  let nothing: Int32

  static let inputBytes: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 >> 9) }
  /// What `count.c` makes of the input.
  static let count: String = {
    var sum: UInt32 = 0
    for (index, byte) in inputBytes.enumerated() { sum &+= UInt32(byte) &* UInt32(index + 1) }
    return "\(inputBytes.count)\n\(sum)\n"
  }()

  private var offered: String { root + "/offered" }
  private static let canary = "untouched"

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-lying-host-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root + "/offered", withIntermediateDirectories: true)
    try Data(Self.canary.utf8).write(to: URL(fileURLWithPath: root + "/outside"))
    try Data(Self.inputBytes).write(to: URL(fileURLWithPath: root + "/input"))
    input = open(root + "/input", O_RDONLY | O_CLOEXEC)
    output = open(root + "/output", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
  }

  deinit {
    for descriptor in [input, output, nothing] { close(descriptor) }
    try? FileManager.default.removeItem(atPath: root)
  }

  func options(time: TimeSpan, directories: Int = 0, output: Int32? = nil) -> RunOptions {
    lseek(input, 0, SEEK_SET)
    var options = RunOptions()
    options.streams = .init(input: input, output: output ?? nothing, errors: nothing)
    options.arguments = ["program", "one", "two"]
    options.environment = ["OTHER=host"]
    options.time = time
    options.output = .mebibytes(64)
    for index in 0..<directories { options.directories.append(.init(hostPath: offered, guestPath: "/host\(index)", writable: index == 0)) }
    if directories == 0 { options.arguments = ["program"] }
    return options
  }

  /// Everything that was written to the output since the last time.
  func takeOutput() -> String {
    let size = lseek(output, 0, SEEK_END)
    var bytes = [UInt8](repeating: 0, count: Int(max(0, size)))
    let read = bytes.withUnsafeMutableBytes { pread(output, $0.baseAddress, $0.count, 0) }
    _ = ftruncate(output, 0)
    lseek(output, 0, SEEK_SET)
    return String(decoding: bytes.prefix(max(0, read)), as: UTF8.self)
  }

  /// Empties the offered directory.
  func tidy() throws {
    try FileManager.default.removeItem(atPath: offered)
    try FileManager.default.createDirectory(atPath: offered, withIntermediateDirectories: true)
  }

  /// Why it is not what it was, outside the offered directory.
  func damage() -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root).sorted()) ?? []
    guard names == ["input", "offered", "output", "outside"] else { return "there are \(names) where only the offered directory may change" }
    guard FileManager.default.contents(atPath: root + "/outside") == Data(Self.canary.utf8),
      FileManager.default.contents(atPath: root + "/input") == Data(Self.inputBytes)
    else { return "a file outside the offered directory has changed" }
    return nil
  }
}
