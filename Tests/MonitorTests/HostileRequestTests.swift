import EdgeCalls
import Glibc
import Monitor
import SeededNumbers
import Synchronization
import Testing

/// Whatever stands in the window, a call is answered with an error of Linux and nothing else happens.
@Suite struct HostileRequestTests {
  private let folder = TemporaryFolder()

  private func guest(openFiles: Int = 256) throws -> GuestSide {
    folder.file("f", "contents")
    folder.folder("d")
    return try GuestSide(
      .init(
        streams: .init(input: nil, output: nil, errors: nil),
        directories: [.init(hostPath: folder.path, guestPath: "/", writable: true)], limits: .init(openFiles: openFiles)))
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    var call: EdgeCall
    var arguments: [UInt64] = []
    var payload: [UInt8] = []
    var error: UInt32

    init(_ call: EdgeCall, _ arguments: [UInt64], _ text: String, _ error: UInt32) {
      self.call = call
      self.arguments = arguments
      self.payload = Array(text.utf8)
      self.error = error
    }

    var testDescription: String { "\(call) \(arguments) \(payload.count) bytes" }
  }

  struct BadPath: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let error: UInt32

    init(_ bytes: [UInt8], _ error: UInt32) {
      self.bytes = bytes
      self.error = error
    }

    var testDescription: String { "\(bytes.count) bytes: \(bytes.prefix(8))" }
  }

  static let badPaths: [BadPath] = [
    BadPath([], EdgeError.notFound),
    BadPath([0], EdgeError.invalid),
    BadPath(Array("f\0".utf8), EdgeError.invalid),
    BadPath(Array("a\0b".utf8), EdgeError.invalid),
    BadPath([0xFF, 0xFE], UInt32(EILSEQ)),
    BadPath([0xC0, 0x80], UInt32(EILSEQ)),
    BadPath([0xED, 0xA0, 0x80], UInt32(EILSEQ)),
    BadPath(Array("/f".utf8), EdgeError.permission),
    BadPath([UInt8](repeating: 97, count: 256), EdgeError.nameTooLong),
    BadPath([UInt8](repeating: 97, count: 4096), EdgeError.nameTooLong),
    BadPath([UInt8](repeating: 97, count: Int(EdgeWindow.payloadCapacity)), EdgeError.nameTooLong),
  ]

  @Test(arguments: badPaths) func refusesPaths(_ bad: BadPath) throws {
    let (path, error) = (bad.bytes, bad.error)
    let guest = try guest()
    for call: EdgeCall in [.open, .createDirectory, .removeDirectory, .unlink, .attributesAt, .readLink, .setTimesAt] {
      #expect(guest.call(call, [0, 1], payload: path).error == error, "\(call)")
    }
    for call: EdgeCall in [.rename, .link] where path.count <= 4096 {
      #expect(guest.call(call, [0, 0, UInt64(path.count)], payload: path + Array("new".utf8)).error == error, "\(call)")
      #expect(guest.call(call, [0, 0, 1], payload: Array("f".utf8) + path).error == error, "\(call)")
    }
    #expect(guest.call(.symlink, [0, 1], payload: (Array("f".utf8) + path).prefix(Int(EdgeWindow.payloadCapacity)) + []).error == error)
    #expect(Set(names(folder.path)) == ["f", "d"])
  }

  static let badRequests: [Bad] = [
    Bad(.open, [1, 1], "f", EdgeError.badHandle),
    Bad(.open, [.max, 1], "f", EdgeError.badHandle),
    Bad(.open, [1 << 63, 1], "f", EdgeError.badHandle),
    Bad(.open, [1 << 32, 1], "f", EdgeError.badHandle),
    Bad(.open, [0, 1 << 9], "f", EdgeError.invalid),
    Bad(.open, [0, .max], "f", EdgeError.invalid),
    Bad(.open, [0, OpenFlags.create | OpenFlags.directory], "x", EdgeError.invalid),
    Bad(.close, [7], "", EdgeError.badHandle),
    Bad(.close, [.max], "", EdgeError.badHandle),
    Bad(.readFile, [0, 0, 1], "", EdgeError.isDirectory),
    Bad(.readFile, [9, 0, 1], "", EdgeError.badHandle),
    Bad(.writeFile, [0, 0], "x", EdgeError.isDirectory),
    Bad(.appendFile, [0], "x", EdgeError.isDirectory),
    Bad(.setSize, [0, 0], "", EdgeError.isDirectory),
    Bad(.attributes, [9], "", EdgeError.badHandle),
    Bad(.attributesAt, [0, 2], "f", EdgeError.invalid),
    Bad(.attributesAt, [9, 0], "f", EdgeError.badHandle),
    Bad(.readDirectory, [9, 0, 100], "", EdgeError.badHandle),
    Bad(.readDirectory, [0, .max, 4096], "", EdgeError.invalid),
    Bad(.readDirectory, [0, 0, 0], "", EdgeError.invalid),
    Bad(.readDirectory, [0, 0, 23], "", EdgeError.invalid),
    Bad(.rename, [0, 0, .max], "fx", EdgeError.invalid),
    Bad(.rename, [0, 0, 3], "fx", EdgeError.invalid),
    Bad(.rename, [0, 9, 1], "fx", EdgeError.badHandle),
    Bad(.link, [0, 0, 1, 2], "fx", EdgeError.invalid),
    Bad(.link, [0, 0, .max, 0], "fx", EdgeError.invalid),
    Bad(.symlink, [0, .max], "fx", EdgeError.invalid),
    Bad(.symlink, [0, 0], "x", EdgeError.notFound),
    Bad(.setTimes, [0, 32, 0, 0], "", EdgeError.invalid),
    Bad(.setTimes, [9, 0, 0, 0], "", EdgeError.badHandle),
    Bad(.setTimesAt, [0, 1, 0, 0, 2], "f", EdgeError.invalid),
    Bad(.synchronize, [0, 2], "", EdgeError.invalid),
    Bad(.synchronize, [9, 0], "", EdgeError.badHandle),
    Bad(.readStream, [1, 1], "", EdgeError.badHandle),
    Bad(.readStream, [.max, 1], "", EdgeError.badHandle),
    Bad(.readStream, [0, 0], "", EdgeError.invalid),
    Bad(.writeStream, [0], "x", EdgeError.badHandle),
    Bad(.writeStream, [3], "x", EdgeError.badHandle),
    Bad(.writeStream, [1], "", EdgeError.invalid),
    Bad(.streamKind, [3], "", EdgeError.badHandle),
    Bad(.wait, [0, 8], "", EdgeError.invalid),
    Bad(.wait, [0, .max], "", EdgeError.invalid),
    Bad(.nextCommand, [2, 0], "", EdgeError.invalid),
    Bad(.nextCommand, [0, 1], "", EdgeError.invalid),
    Bad(.nextCommand, [0, .max], "", EdgeError.invalid),
    Bad(.nextCommand, [0, 1 << 60], "", EdgeError.invalid),
    Bad(.nextCommand, [0, 1025], String(repeating: "0", count: 1025 * 16), EdgeError.invalid),
    Bad(.growMemory, [1 << 32, 0], "", EdgeError.invalid),
  ]

  @Test(arguments: badRequests) func refuses(_ bad: Bad) throws {
    let guest = try guest()
    let response = guest.call(bad.call, bad.arguments, payload: bad.payload)
    #expect(response.served == .answered)
    #expect(response.error == bad.error)
    #expect(response.payload.isEmpty && response.results == [0, 0, 0, 0])
    #expect(Set(names(folder.path)) == ["f", "d"] && folder.read("f") == "contents")
  }

  @Test func refusesOffsetsAndSizesBeyondFiles() throws {
    let guest = try guest()
    let handle = guest.open("f", OpenFlags.read | OpenFlags.write).results[0]
    for offset: UInt64 in [1 << 63, .max] {
      #expect(guest.call(.readFile, [handle, offset, 1]).error == EdgeError.invalid)
      #expect(guest.call(.writeFile, [handle, offset], text: "x").error == EdgeError.invalid)
      #expect(guest.call(.setSize, [handle, offset]).error == UInt32(EFBIG))
    }
    #expect(guest.call(.writeFile, [handle, UInt64(Int64.max)], text: "x").error != 0)
    #expect(guest.call(.setSize, [handle, UInt64(Int64.max)]).error != 0)
    #expect(guest.call(.readFile, [handle, 0, .max]).text == "contents")
    #expect(guest.open("x", in: handle).error == EdgeError.notDirectory)
    #expect(guest.call(.readDirectory, [handle, 0, 100]).error == EdgeError.notDirectory)
    #expect(folder.read("f") == "contents")
  }

  @Test func refusesPayloadsBeyondTheWindow() throws {
    let guest = try guest()
    for length: UInt32 in [UInt32(EdgeWindow.payloadCapacity) + 1, 1 << 31, .max] {
      for number in 1..<64 as Range<UInt32> {
        let response = guest.call(number: number, [0, 0, 0], claimedLength: length)
        #expect(response.served == .answered)
        #expect(response.error == (EdgeCall(rawValue: number) == nil ? EdgeError.notSupported : EdgeError.invalid))
      }
    }
  }

  @Test func refusesUnknownCalls() throws {
    let guest = try guest()
    for number: UInt32 in [7, 15, 19, 27, 51, 1000, .max] {
      #expect(guest.call(number: number).error == EdgeError.notSupported)
    }
    #expect(guest.service.statistics.unknown == 7 && guest.service.statistics.failures == 7)
  }

  @Test func boundsOpenFiles() throws {
    let guest = try guest(openFiles: 4)
    #expect((0..<3).map { _ in guest.open("f").error } == [0, 0, 0])
    #expect(guest.open("f").error == EdgeError.tooManyFiles)
    #expect(guest.open("new", OpenFlags.write | OpenFlags.create).error == EdgeError.tooManyFiles)
    #expect(!folder.exists("new"), "refused before anything happened")
    #expect(guest.call(.close, [2]).error == 0)
    #expect(guest.call(.close, [2]).error == EdgeError.badHandle)
    #expect(guest.open("f").results[0] == 2)
  }

  /// Another processor of the guest rewrites request and path while they are being served.
  @Test func answersAWindowThatChangesMeanwhile() throws {
    folder.folder("inside")
    folder.file("inside/f", "inside")
    folder.file("secret", "secret")
    let guest = try GuestSide(
      .init(
        streams: .init(input: nil, output: nil, errors: nil),
        directories: [.init(hostPath: folder.url("inside"), guestPath: "/", writable: true)], limits: .init(openFiles: 8)))
    let race = Scribbling(window: UInt(bitPattern: guest.window.baseAddress))
    let scribbler = Timer {
      guard let window = UnsafeMutableRawPointer(bitPattern: race.window) else { return }
      let texts = ["f\0\0\0\0\0\0\0\0", "../secret", "inside/f\0"].map { Array($0.utf8) }
      var random = SeededGenerator(seed: 1)
      while !race.isOver.load(ordering: .relaxed) {
        let text = texts[Int(random.next() % 3)]
        for (index, byte) in text.enumerated() { window.storeBytes(of: byte, toByteOffset: Int(EdgeWindow.payloadOffset) + index, as: UInt8.self) }
        window.storeBytes(of: UInt32(truncatingIfNeeded: random.next() % 12), toByteOffset: Int(EdgeWindow.requestLengthOffset), as: UInt32.self)
        window.storeBytes(of: random.next() % 3, toByteOffset: Int(EdgeWindow.argumentsOffset), as: UInt64.self)
      }
    }
    defer {
      race.isOver.store(true, ordering: .relaxed)
      scribbler.join()
    }
    var opened = 0
    for round in 0..<20_000 {
      let calls: [EdgeCall] = [.open, .attributesAt, .readLink, .rename, .symlink, .unlink, .close]
      guest.window.storeBytes(of: calls[round % calls.count].rawValue, toByteOffset: 0, as: UInt32.self)
      guest.window.storeBytes(
        of: OpenFlags.read | OpenFlags.create, toByteOffset: Int(EdgeWindow.argumentsOffset) + 8, as: UInt64.self)
      #expect(guest.service.serve(window: guest.window) == .answered)
      if guest.window.load(fromByteOffset: Int(EdgeWindow.errorOffset), as: UInt32.self) == 0 { opened += 1 }
    }
    #expect(opened > 0)
    #expect(Set(names(folder.path)) == ["inside", "secret"] && folder.read("secret") == "secret")
  }

  private final class Scribbling: Sendable {
    let window: UInt
    let isOver = Atomic<Bool>(false)

    init(window: UInt) { self.window = window }
  }

  /// Random windows; the calls that wait are left out, and the one that would fill the disk cannot be reached by luck.
  @Test func answersRandomRequests() throws {
    let guest = try guest()
    var random = SeededGenerator(seed: 0x1234_5678_9ABC_DEF0)
    let words: [UInt64] = [0, 1, 2, 3, 8, 16, 255, 256, 4096, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max]
    for _ in 0..<30_000 {
      let number = UInt32(truncatingIfNeeded: random.next() % 56)
      if number == EdgeCall.wait.rawValue || number == EdgeCall.setSize.rawValue { continue }
      let arguments = (0..<6).map { _ in
        random.next() % 4 == 0 ? random.next() : words[Int(random.next() % UInt64(words.count))]
      }
      let payload = (0..<Int(random.next() % 40)).map { _ in
        random.next() % 3 == 0 ? UInt8(truncatingIfNeeded: random.next()) : Array("fd./x\0".utf8)[Int(random.next() % 6)]
      }
      let response = guest.call(number: number, arguments, payload: payload)
      #expect(response.error < EdgeError.limit)
    }
    #expect(names("\(folder.path)/..").contains { folder.path.hasSuffix($0) })
  }
}
