import Foundation
import Glibc
import ProgramFiles

/// A load that runs in a process of its own, so that it shares no runtime with anything that it measures.
final class Load {
  private let process: ChildProcess
  private let output: FileHandle
  private let input: FileHandle

  init(_ plan: LoadPlan, in scratch: ScratchDirectory) throws {
    let file = try scratch.add("plan-\(UUID().uuidString).json", try JSONEncoder().encode(plan))
    let (results, words) = (try Self.pipe(), try Self.pipe())
    defer {
      close(results.writing)
      close(words.reading)
    }
    output = FileHandle(fileDescriptor: results.reading, closeOnDealloc: true)
    input = FileHandle(fileDescriptor: words.writing, closeOnDealloc: true)
    process = try ChildProcess(
      [try ExecutablePath.own(), "bench", "load", "--plan", file], .init(input: words.reading, output: results.writing))
  }

  private static func pipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw CommandFailure("no pipe could be made") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  var pid: pid_t { process.pid }

  /// Waits until all requests of a held load are in their middle. - Returns how many those are.
  func waitUntilHeld() throws -> Int {
    var line = ""
    while let byte = try output.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) { line += String(decoding: byte, as: UTF8.self) }
    guard line.hasPrefix("held "), let count = Int(line.dropFirst(5)) else { throw CommandFailure("the load process said \"\(line)\"") }
    return count
  }

  func release() throws { try input.write(contentsOf: Data("\n".utf8)) }

  func result() throws -> LoadResult {
    let bytes = try output.readToEnd() ?? Data()
    let status = process.waitUntilEnd()
    guard status == 0 else { throw CommandFailure("the load process ended with status \(status)") }
    return try JSONDecoder().decode(LoadResult.self, from: bytes)
  }

  static func run(_ plan: LoadPlan, in scratch: ScratchDirectory) throws -> LoadResult { try Load(plan, in: scratch).result() }
}
