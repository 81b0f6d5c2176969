import EdgeCalls
import Glibc
import LibOS

/// A host for tests: answers a request in the edge window.
protocol TestHost: AnyObject {
  func serve(_ window: TestWindow)
}

/// The host's view of the edge window.
final class TestWindow {
  let base: UnsafeMutableRawPointer

  init() {
    base = .allocate(byteCount: Int(MemoryMap.edgeWindowSize), alignment: 4096)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: Int(MemoryMap.edgeWindowSize))
  }

  deinit { base.deallocate() }

  var call: EdgeCall? { EdgeCall(rawValue: base.load(fromByteOffset: Int(EdgeWindow.callOffset), as: UInt32.self)) }

  var requestLength: Int {
    Int(base.load(fromByteOffset: Int(EdgeWindow.requestLengthOffset), as: UInt32.self))
  }

  func argument(_ index: Int) -> UInt64 {
    base.load(fromByteOffset: Int(EdgeWindow.argumentsOffset) + 8 * index, as: UInt64.self)
  }

  var request: [UInt8] {
    [UInt8](UnsafeRawBufferPointer(start: base + Int(EdgeWindow.payloadOffset), count: requestLength))
  }

  func answer(error: UInt32 = 0, _ results: UInt64..., payload: [UInt8]? = nil) {
    base.storeBytes(of: error, toByteOffset: Int(EdgeWindow.errorOffset), as: UInt32.self)
    base.storeBytes(of: UInt32(payload?.count ?? 0), toByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self)
    for index in 0..<EdgeWindow.resultCount {
      let value = index < results.count ? results[index] : 0
      base.storeBytes(of: value, toByteOffset: Int(EdgeWindow.resultsOffset) + 8 * index, as: UInt64.self)
    }
    if let payload { put(payload) }
  }

  func put(_ payload: [UInt8]) {
    UnsafeMutableRawBufferPointer(start: base + Int(EdgeWindow.payloadOffset), count: payload.count)
      .copyBytes(from: payload)
  }
}

/// Linear memory, edge window and library OS of a trustlet, without the trustlet.
final class TestMachine {
  static let memorySize = 4 << 16

  let window = TestWindow()
  let host: any TestHost
  let memoryBase: UnsafeMutableRawPointer
  let manifest: [UInt8]
  private(set) var os: LibraryOS!
  private var owned: [UnsafeMutableRawPointer] = []

  /// What the counter says; it moves by a microsecond at each reading.
  final class Counter {
    var value: UInt64 = 1_000_000
  }
  let counter = Counter()

  struct Start {
    var arguments: [String] = ["program", "first", ""]
    var environment: [String] = ["A=1", "LONG=x=y"]
    var directories: [(handle: UInt32, isWritable: Bool, path: String)] = []
    var frequency: UInt64 = 1_000_000_000
    var manifestFlags: UInt32 = 15
    var manifestEnvironment: [String] = []
    var manifestArguments: [String] = []
    var command: [UInt8] = encode([0, 0, 0, 0])
    var files: [UInt8]?
    var scratch: (path: String, size: UInt64) = ("", 0)
    var secrets: [String] = []
    /// Who writes them, as ``GuestManifest/author`` has it.
    var author: [UInt8] = []
    var openFiles: UInt32 = DescriptorTable.greatestLimit
    var hostScratchLimit = UInt64.max
    var hostOpenFilesLimit = UInt32.max
    /// What comes of standard input, and the word that says how much that is: with flags, or a lie.
    var input: [UInt8] = []
    var inputWord: UInt32?
    /// Of what the processor gives for randomness.
    var seed: UInt64 = 88_172_645_463_325_252
  }

  init(host: any TestHost, start: Start = Start()) throws {
    self.host = host
    memoryBase = .allocate(byteCount: TestMachine.memorySize, alignment: 4096)
    memoryBase.initializeMemory(as: UInt8.self, repeating: 0, count: TestMachine.memorySize)
    owned.append(memoryBase)
    manifest =
      encode([GuestManifest.magic, start.manifestFlags | (start.secrets.isEmpty ? 0 : GuestManifest.secrets) | (start.author.isEmpty ? 0 : GuestManifest.author)]) + encode(start.manifestEnvironment)
      + encode(start.manifestArguments) + encode(start.scratch.size) + encode([start.openFiles, UInt32(start.scratch.path.utf8.count)])
      + Array(start.scratch.path.utf8) + (start.secrets.isEmpty ? [] : encode(start.secrets)) + (start.author.isEmpty ? [] : encode([UInt32(start.author.count)]) + start.author)
    window.put(configuration(start))
    let edge = EdgeClient(
      transport: EdgeTransport(window: window.base, exchange: { [window] in host.serve(window) }))
    var state = start.seed
    let manifestRegion = own(manifest)
    let filesRegion = start.files.map(own)
    os = try LibraryOS(
      edge: edge, manifest: manifestRegion, files: filesRegion,
      scratch: { [self] in own([UInt8](repeating: 0, count: Int($0))) },
      counter: { [counter] in
        counter.value += 1000
        return counter.value
      },
      entropy: {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
      })
  }

  deinit {
    os = nil
    for pointer in owned { pointer.deallocate() }
  }

  /// Zeros, as long as the machine is there. Pages that nobody touches cost nothing.
  func zeroedMemory(_ count: Int) -> UnsafeMutableRawPointer {
    guard let memory = calloc(count, 1) else { preconditionFailure("no memory") }
    owned.append(memory)
    return memory
  }

  private func own(_ bytes: [UInt8]) -> MemoryRegion {
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
    UnsafeMutableRawBufferPointer(start: pointer, count: bytes.count).copyBytes(from: bytes)
    owned.append(pointer)
    return MemoryRegion(base: pointer, count: UInt64(bytes.count))
  }

  var memory: LinearMemory { LinearMemory(base: memoryBase, size: UInt64(TestMachine.memorySize)) }
  var wasi: WASIPreview1 { WASIPreview1(os: os) }

  func write(_ bytes: [UInt8], at address: Int) {
    UnsafeMutableRawBufferPointer(start: memoryBase + address, count: bytes.count).copyBytes(from: bytes)
  }

  func read(_ address: Int, _ count: Int) -> [UInt8] {
    [UInt8](UnsafeRawBufferPointer(start: memoryBase + address, count: count))
  }
}

func encode(_ words: [UInt32]) -> [UInt8] {
  words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
}

func encode(_ word: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
}

func encode(_ strings: [String]) -> [UInt8] {
  encode([UInt32(strings.count)]) + strings.flatMap { encode([UInt32($0.utf8.count)]) + Array($0.utf8) }
}

func configuration(_ start: TestMachine.Start) -> [UInt8] {
  let arguments = encode(start.arguments)
  let environment = encode(start.environment)
  let directories =
    encode([UInt32(start.directories.count)])
    + start.directories.flatMap {
      encode([$0.handle, $0.isWritable ? 1 : 0, UInt32($0.path.utf8.count)]) + Array($0.path.utf8)
    }
  let lengths = [arguments, environment, directories, start.command].map { UInt32($0.count) }
  let limits = encode(start.hostScratchLimit) + encode([start.hostOpenFilesLimit, 0])
  return encode([Configuration.magic, start.inputWord ?? UInt32(start.input.count)]) + encode(start.frequency) + encode(lengths) + limits + arguments + environment
    + directories + start.command + start.input
}
