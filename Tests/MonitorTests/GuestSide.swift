import CLinux
import EdgeCalls
import Glibc
import Monitor

/// The guest's side of an edge window: writes requests and reads responses as the library OS does, or as it never would.
final class GuestSide {
  struct Response {
    var served: Served
    var error: UInt32
    var results: [UInt64]
    var payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }
  }

  let window: UnsafeMutableRawBufferPointer
  let service: EdgeService

  init(_ configuration: EdgeServiceConfiguration) throws {
    service = try EdgeService(configuration)
    window = .allocate(byteCount: Int(MemoryMap.edgeWindowSize), alignment: 4096)
    for index in 0..<window.count { window[index] = 0xEE }
  }

  deinit { window.deallocate() }

  func call(
    number: UInt32, _ arguments: [UInt64] = [], payload: [UInt8] = [], claimedLength: UInt32? = nil
  ) -> Response {
    write(number: number, arguments, payload: payload, claimedLength: claimedLength)
    return read(service.serve(window: window))
  }

  func call(_ call: EdgeCall, _ arguments: [UInt64] = [], payload: [UInt8] = []) -> Response {
    self.call(number: call.rawValue, arguments, payload: payload)
  }

  func call(_ call: EdgeCall, _ arguments: [UInt64] = [], text: String...) -> Response {
    self.call(number: call.rawValue, arguments, payload: text.flatMap { Array($0.utf8) })
  }

  func write(number: UInt32, _ arguments: [UInt64], payload: [UInt8], claimedLength: UInt32? = nil) {
    window.storeBytes(of: number, toByteOffset: Int(EdgeWindow.callOffset), as: UInt32.self)
    window.storeBytes(
      of: claimedLength ?? UInt32(payload.count), toByteOffset: Int(EdgeWindow.requestLengthOffset), as: UInt32.self)
    for index in 0..<EdgeWindow.argumentCount {
      window.storeBytes(
        of: index < arguments.count ? arguments[index] : 0, toByteOffset: Int(EdgeWindow.argumentsOffset) + index * 8,
        as: UInt64.self)
    }
    for (index, byte) in payload.prefix(Int(EdgeWindow.payloadCapacity)).enumerated() {
      window[Int(EdgeWindow.payloadOffset) + index] = byte
    }
  }

  func read(_ served: Served) -> Response {
    let length = Int(window.load(fromByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self))
    let payload = served == .answered ? Array(window[Int(EdgeWindow.payloadOffset)...].prefix(min(length, Int(EdgeWindow.payloadCapacity)))) : []
    return Response(
      served: served,
      error: window.load(fromByteOffset: Int(EdgeWindow.errorOffset), as: UInt32.self),
      results: (0..<EdgeWindow.resultCount).map {
        window.load(fromByteOffset: Int(EdgeWindow.resultsOffset) + $0 * 8, as: UInt64.self)
      },
      payload: payload)
  }

  // Whole journeys

  func open(_ path: String, _ flags: UInt64 = OpenFlags.read, in directory: UInt64 = 0) -> Response {
    call(.open, [directory, flags], text: path)
  }

  /// The contents of a file, or the error number.
  func contents(_ path: String, follow: Bool = true) -> Result<String, ErrorNumber> {
    let opened = open(path, OpenFlags.read | (follow ? OpenFlags.follow : 0))
    guard opened.error == 0 else { return .failure(ErrorNumber(opened.error)) }
    defer { _ = call(.close, [opened.results[0]]) }
    let read = call(.readFile, [opened.results[0], 0, 65536])
    return read.error == 0 ? .success(read.text) : .failure(ErrorNumber(read.error))
  }

  struct Entry: Equatable {
    var cookie: UInt64
    var inode: UInt64
    var kind: UInt32
    var name: String
  }

  static func entries(_ payload: [UInt8]) -> [Entry] {
    var entries: [Entry] = []
    var offset = 0
    payload.withUnsafeBytes { bytes in
      while offset < bytes.count {
        let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 20, as: UInt32.self))
        entries.append(
          Entry(
            cookie: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
            inode: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self),
            kind: bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self),
            name: String(decoding: bytes[(offset + 24)..<(offset + 24 + length)], as: UTF8.self)))
        offset += (24 + length + 7) & ~7
      }
    }
    return entries
  }
}

struct ErrorNumber: Error, Equatable {
  let number: UInt32

  init(_ number: UInt32) { self.number = number }
}

/// A folder that is removed with what is in it.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/coffer-monitor-XXXXXX".utf8CString)
    path = mkdtemp(&template) == nil ? "/nonexistent" : String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  func url(_ name: String) -> String { "\(path)/\(name)" }

  func file(_ name: String, _ contents: String = "") {
    let descriptor = Glibc.open(url(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    _ = contents.withCString { Glibc.write(descriptor, $0, strlen($0)) }
    close(descriptor)
  }

  func folder(_ name: String) { mkdir(url(name), 0o755) }
  func link(_ name: String, to target: String) { symlink(target, url(name)) }

  func exists(_ name: String) -> Bool { access(url(name), F_OK) == 0 }

  func read(_ name: String) -> String {
    let descriptor = Glibc.open(url(name), O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  private static func remove(_ path: String) {
    for name in names(path) {
      if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
    }
    rmdir(path)
  }
}

/// The names in a folder, without "." and "..".
func names(_ path: String) -> [String] {
  guard let stream = opendir(path) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}

/// A pipe whose ends are closed at the end of its life, or before.
final class Pipe {
  private(set) var reading: Int32 = -1
  private(set) var writing: Int32 = -1

  init() {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    reading = ends[0]
    writing = ends[1]
  }

  deinit {
    closeReading()
    closeWriting()
  }

  func closeReading() {
    if reading >= 0 { close(reading) }
    reading = -1
  }

  func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }

  func write(_ text: String) { _ = text.withCString { Glibc.write(writing, $0, strlen($0)) } }

  func read(_ limit: Int = 1 << 16) -> String {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = Glibc.read(reading, &bytes, limit)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
