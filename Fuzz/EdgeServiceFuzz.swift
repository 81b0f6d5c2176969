// sources: Sources/CLinux Sources/EdgeCalls Sources/Machine Sources/Monitor
// sanitize: address
// seed: 200001000000610020000303000000636c6f
// seed: 2000500400006f75742f63616e617279210003000000000000
// seed: a00001000000610020a30003000000636c6f
// seed: 2d00000006000000007570782e2e2f632b0000000300006f7574
// seed: 401000000000000041020300000000004203000000000000
import EdgeCalls
import Foundation
import Glibc

@testable import Monitor

/// A hostile guest against the edge service. The input is a sequence of requests; for each a byte for the call, whose highest bit says that it
/// is made by doorbell, five for small arguments, one that says which of them is huge instead, one for the payload's length, and the payload.
///
/// Whatever they are: no trap, answers within the window and within what was wanted, no descriptor left open, and nothing changed
/// outside the offered directory, though links in it lead there.
@_cdecl("LLVMFuzzerTestOneInput")
public func serveRequests(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = UnsafeRawBufferPointer(start: data, count: count)[...]
  let place = Place.shared
  place.tidy()
  // The first one opens the volume's file, which stays.
  let configuration = place.configuration
  let free = lowestFreeDescriptor()
  do {
    let service = try EdgeService(configuration)
    service.stopSignal.raise()
    for _ in 0..<64 where !input.isEmpty { place.serve(&input, service) }
  } catch {
    preconditionFailure("the service did not start: \(error)")
  }
  precondition(lowestFreeDescriptor() == free, "a descriptor was left open")
  place.checkOutside()
  return 0
}

private func lowestFreeDescriptor() -> Int32 {
  let descriptor = open("/dev/null", O_RDONLY)
  close(descriptor)
  return descriptor
}

private struct Outside: Equatable {
  var names: [String]
  var contents: [UInt8]?
  var size: Int
  var links: UInt
  var mode: UInt32
  var modified: Int
}

private final class Place {
  nonisolated(unsafe) static let shared = Place()

  let root: String
  let window = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(MemoryMap.edgeWindowSize), alignment: 4096)
  private var before: Outside?
  /// Whether a call was made that may change files.
  private var isTouched = true
  private var offered: String { root + "/offered" }
  private var canary: String { root + "/canary" }

  init() {
    root = NSTemporaryDirectory() + "coffer-edge-fuzz-\(getpid())"
    window.initializeMemory(as: UInt8.self, repeating: 0)
    mkdir(root, 0o700)
    precondition(FileManager.default.createFile(atPath: canary, contents: Data("untouched".utf8)))
    fill()
    before = outside()
    atexit { try? FileManager.default.removeItem(atPath: Place.shared.root) }
  }

  /// A volume's file of 16 blocks, which has no name.
  private static let volume: Int32 = {
    let path = NSTemporaryDirectory() + "coffer-edge-fuzz-volume-\(getpid())"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0 && unlink(path) == 0)
    return descriptor
  }()

  var configuration: EdgeServiceConfiguration {
    var configuration = EdgeServiceConfiguration(
      streams: .init(input: nil, output: nil, errors: nil),
      directories: [
        .init(hostPath: offered, guestPath: "/", writable: true), .init(hostPath: offered, guestPath: "/fixed"),
      ],
      limits: .init(openFiles: 12, writtenBytes: 1 << 16))
    configuration.volume = HostVolume(descriptor: Self.volume, blockLimit: 16, counter: nil)
    return configuration
  }

  /// Most inputs change nothing, and making it all again takes longer than serving them.
  func tidy() {
    guard isTouched else { return }
    fill()
    isTouched = false
  }

  private func fill() {
    try? FileManager.default.removeItem(atPath: offered)
    mkdir(offered, 0o700)
    mkdir(offered + "/d", 0o700)
    // Not by way of another file that is synchronised first: this is made anew for every input that may have changed it.
    try? Data("contents".utf8).write(to: URL(fileURLWithPath: offered + "/f"))
    symlink("../canary", offered + "/out")
    symlink(canary, offered + "/abs")
    symlink("..", offered + "/up")
    symlink("loop", offered + "/loop")
    symlink("f", offered + "/in")
  }

  private func outside() -> Outside {
    var status = stat()
    precondition(lstat(canary, &status) == 0, "the canary has gone")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return Outside(
      names: names.sorted(), contents: FileManager.default.contents(atPath: canary).map(Array.init), size: Int(status.st_size),
      links: UInt(status.st_nlink), mode: status.st_mode, modified: status.st_mtim.tv_sec ^ status.st_mtim.tv_nsec)
  }

  func checkOutside() {
    guard isTouched else { return }
    precondition(outside() == before, "something changed outside the offered directory")
  }

  func serve(_ input: inout Slice<UnsafeRawBufferPointer>, _ service: EdgeService) {
    let first = input.popFirst() ?? 0
    let (number, isByDoorbell) = (UInt32(first & 0x7F), first > 0x7F)
    var arguments = (0..<5).map { _ in UInt64(input.popFirst() ?? 0) }
    let huge = input.popFirst() ?? 0
    let large: [UInt64] = [EdgeWindow.payloadCapacity, EdgeWindow.payloadCapacity + 1, 1 << 31, 1 << 32, 1 << 63, .max, .max - 7]
    if huge > 0, Int(huge) <= 35 { arguments[Int(huge - 1) % 5] = large[Int(huge - 1) / 5] }
    let payload = Array(input.prefix(Int(input.popFirst() ?? 0)))
    input = input.dropFirst(payload.count)
    let length = huge == 255 ? UInt32.max : huge == 254 ? UInt32(EdgeWindow.payloadCapacity) + 1 : UInt32(payload.count)
    window.storeBytes(of: number, toByteOffset: Int(EdgeWindow.callOffset), as: UInt32.self)
    window.storeBytes(of: length, toByteOffset: Int(EdgeWindow.requestLengthOffset), as: UInt32.self)
    for (index, argument) in arguments.enumerated() {
      window.storeBytes(of: argument, toByteOffset: Int(EdgeWindow.argumentsOffset) + 8 * index, as: UInt64.self)
    }
    UnsafeMutableRawBufferPointer(rebasing: window[Int(EdgeWindow.payloadOffset)...]).copyBytes(from: payload)
    let call = EdgeCall(rawValue: number)
    if let call, Self.changing.contains(call) { isTouched = true }
    let isAnswered = isByDoorbell ? serveByDoorbell(service) : service.serve(window: window) == .answered
    precondition(window.load(fromByteOffset: Int(EdgeWindow.callOffset), as: UInt32.self) == 0, "the request was left in the window")
    if isAnswered { checkAnswer(to: call, arguments) }
  }

  private static let changing: Set<EdgeCall> = [
    .open, .writeFile, .appendFile, .createDirectory, .removeDirectory, .unlink, .rename, .link, .symlink, .setSize, .setTimes, .setTimesAt,
  ]

  /// - Returns: Whether it was answered and not declined.
  private func serveByDoorbell(_ service: EdgeService) -> Bool {
    guard let view = EdgeWindowView(window) else { preconditionFailure("the window is none") }
    window.storeBytes(of: DoorbellState.posted.rawValue, toByteOffset: Int(EdgeWindow.doorbellStateOffset), as: UInt32.self)
    window.storeBytes(of: 0, toByteOffset: Int(EdgeWindow.doorbellProgressOffset), as: UInt32.self)
    precondition(view.takePosted(), "what was posted was not taken")
    service.serveByDoorbell(view)
    let state = DoorbellState(rawValue: view.doorbellState)
    precondition(state == .answered || state == .declined, "a call by doorbell was neither answered nor declined")
    let progress = window.load(fromByteOffset: Int(EdgeWindow.doorbellProgressOffset), as: UInt32.self)
    let length = window.load(fromByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self)
    precondition(state == .declined || progress <= length, "more was said to be there than there was")
    window.storeBytes(of: DoorbellState.idle.rawValue, toByteOffset: Int(EdgeWindow.doorbellStateOffset), as: UInt32.self)
    return state == .answered
  }

  private func checkAnswer(to call: EdgeCall?, _ arguments: [UInt64]) {
    let error = window.load(fromByteOffset: Int(EdgeWindow.errorOffset), as: UInt32.self)
    let length = UInt64(window.load(fromByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self))
    precondition(error < EdgeError.limit && length <= EdgeWindow.payloadCapacity, "an answer that is none")
    precondition(error == 0 || length == 0, "an error with a payload")
    switch call {
    case nil: precondition(error != 0, "an unknown call was served")
    case .readStream: precondition(length <= arguments[1], "more than was wanted")
    case .readFile, .readDirectory: precondition(length <= arguments[2], "more than was wanted")
    case .readVolume: precondition(error != 0 || length <= arguments[1] * 4096 && arguments[0] + arguments[1] <= 16, "blocks that were not wanted, or are not there")
    case .openVolume, .writeVolume: precondition(lseek(Self.volume, 0, SEEK_END) <= 16 * 4096, "the volume's file has grown over its limit")
    case .attributes, .attributesAt: precondition(error != 0 || length == FileAttributes.size, "attributes of another size")
    default: break
    }
  }
}
