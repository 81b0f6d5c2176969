import CLinux
import EdgeCalls
import Glibc

/// Calls on what is open. Bytes go straight between the descriptor and the window: nobody decides anything by them.
extension EdgeService {
  func readFile(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let node = try handles.node(call.arguments.0)
    guard case .file(let readable, _) = node.kind else { throw .isDirectory }
    guard readable else { throw .badHandle }
    guard let offset = Int(exactly: call.arguments.1) else { throw .invalid }
    let space = call.space(call.arguments.2)
    let count =
      mayBlock || space.count <= Self.piece
      ? try retrying { pread(node.descriptor, space.baseAddress, space.count, offset) }
      : try readPieces(node.descriptor, offset, space, call.window)
    recordReading(count)
    return EdgeAnswer(payloadLength: count)
  }

  /// By doorbell the guest copies each piece while the next one is read.
  private static let piece = 32 << 10

  private func readPieces(
    _ descriptor: Int32, _ offset: Int, _ space: UnsafeMutableRawBufferPointer, _ window: EdgeWindowView
  ) throws(CallFailure) -> Int {
    var total = 0
    while total < space.count {
      let piece = UnsafeMutableRawBufferPointer(rebasing: space[total..<min(total + Self.piece, space.count)])
      let (place, overflow) = offset.addingReportingOverflow(total)
      guard !overflow else { break }
      let count: Int
      do throws(CallFailure) {
        count = try retrying { pread(descriptor, piece.baseAddress, piece.count, place) }
      } catch {
        // What was read is told now, the error with the next call.
        guard total > 0 else { throw error }
        break
      }
      total += count
      guard count == piece.count else { break }
      window.publishProgress(total)
    }
    return total
  }

  func writeFile(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let descriptor = try writableFile(call.arguments.0)
    guard let offset = Int(exactly: call.arguments.1) else { throw .invalid }
    let bytes = UnsafeRawBufferPointer(rebasing: call.payload[..<(try reserveWriting(call.payloadLength))])
    let count = try retrying { pwrite(descriptor, bytes.baseAddress, bytes.count, offset) }
    recordWriting(count)
    return EdgeAnswer(results: UInt64(count))
  }

  func appendFile(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let descriptor = try writableFile(call.arguments.0)
    let bytes = UnsafeRawBufferPointer(rebasing: call.payload[..<(try reserveWriting(call.payloadLength))])
    var count = 0
    if bytes.count > 0 {
      repeat { count = coffer_append(descriptor, bytes.baseAddress, bytes.count) } while count == -Int(EINTR)
      try checked(count)
      recordWriting(count)
    }
    let status = try status(of: descriptor)
    return EdgeAnswer(results: UInt64(count), UInt64(max(0, status.size)))
  }

  func attributes(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let node = try handles.node(call.arguments.0)
    return try answer(attributesOf: node.descriptor, call)
  }

  func setSize(_ call: Call) throws(CallFailure) {
    let descriptor = try writableFile(call.arguments.0)
    guard let size = Int(exactly: call.arguments.1) else { throw .fileTooLarge }
    try retrying { ftruncate(descriptor, size) }
  }

  func setTimes(_ call: Call) throws(CallFailure) {
    let node = try handles.node(call.arguments.0)
    guard node.inWritableDirectory else { throw .readOnly }
    let times = try FileTimes(flags: call.arguments.1, access: call.arguments.2, modification: call.arguments.3)
    try times.set(node.descriptor)
  }

  func synchronize(_ call: Call) throws(CallFailure) {
    let node = try handles.node(call.arguments.0)
    guard call.arguments.1 < 2 else { throw .invalid }
    try retrying { call.arguments.1 == 1 ? fdatasync(node.descriptor) : fsync(node.descriptor) }
  }

  private func writableFile(_ handle: UInt64) throws(CallFailure) -> Int32 {
    let node = try handles.node(handle)
    guard case .file(_, let writable) = node.kind else { throw .isDirectory }
    guard writable else { throw .badHandle }
    return node.descriptor
  }

  func answer(attributesOf descriptor: Int32, _ call: Call) throws(CallFailure) -> EdgeAnswer {
    let status = try status(of: descriptor)
    let fields = [
      status.device, status.inode, UInt64(NodeKind(mode: status.mode).rawValue), status.link_count,
      UInt64(max(0, status.size)),
      nanoseconds(status.access.seconds, status.access.nanoseconds),
      nanoseconds(status.modification.seconds, status.modification.nanoseconds),
      nanoseconds(status.change.seconds, status.change.nanoseconds),
    ]
    for (index, field) in fields.enumerated() {
      call.window.payload.storeBytes(of: field.littleEndian, toByteOffset: index * 8, as: UInt64.self)
    }
    return EdgeAnswer(payloadLength: Int(FileAttributes.size))
  }

  /// Times before 1970 become 0, times that 64 bits cannot hold the last that they can.
  private func nanoseconds(_ seconds: Int64, _ nanoseconds: Int64) -> UInt64 {
    guard seconds >= 0, nanoseconds >= 0 else { return 0 }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = whole.addingReportingOverflow(UInt64(nanoseconds))
    return overflow || carry ? .max : sum
  }
}

/// New times of a file.
struct FileTimes {
  private let access: (seconds: Int64, nanoseconds: Int64)
  private let modification: (seconds: Int64, nanoseconds: Int64)

  init(flags: UInt64, access: UInt64, modification: UInt64) throws(CallFailure) {
    let known = TimeFlags.access | TimeFlags.accessNow | TimeFlags.modification | TimeFlags.modificationNow
    guard flags & ~known == 0 else { throw .invalid }
    self.access = try Self.time(access, given: flags & TimeFlags.access != 0, now: flags & TimeFlags.accessNow != 0)
    self.modification = try Self.time(modification, given: flags & TimeFlags.modification != 0, now: flags & TimeFlags.modificationNow != 0)
  }

  private static func time(_ value: UInt64, given: Bool, now: Bool) throws(CallFailure) -> (Int64, Int64) {
    switch (given, now) {
    case (true, true): throw .invalid
    case (true, false): (Int64(value / 1_000_000_000), Int64(value % 1_000_000_000))
    case (false, true): (0, coffer_time_now)
    case (false, false): (0, coffer_time_unchanged)
    }
  }

  func set(_ descriptor: Int32) throws(CallFailure) {
    try checked(coffer_set_times(descriptor, access.seconds, access.nanoseconds, modification.seconds, modification.nanoseconds))
  }
}
