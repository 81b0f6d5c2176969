import CLinux
import EdgeCalls
import Glibc
import GuestObjects
import Machine
import Synchronization

/// A machine whose walls are a process's: an address space of its own in which nothing of the kernel's or the loader's is left, and three
/// system calls that wait, go on after a signal, and make reserved memory usable.
///
/// `@unchecked Sendable`: everything but the atomics and the turn belongs to the owner thread (``Machine``).
public final class ProcessMachine: Machine, @unchecked Sendable {
  let keeper: ProcessKeeper
  package let contents: ProcessContents
  let template: ProcessTemplate?
  /// As they are now.
  package var regions: [ProcessPlan.Region]
  package var child: TrustletProcess
  /// The one before the last reset: killed, and collected with the next one, so that nobody waits for its end.
  private var former: TrustletProcess?

  public internal(set) var statistics = MachineStatistics()
  /// Why it cannot go on, once it cannot.
  var ending: String?
  var standsAtEdgeCall = false
  /// How the next run begins.
  enum Resumption {
    case giveTurn
    /// An interruption came when the guest had just made an edge call, or ended.
    case lookAgain
    /// An interruption stopped it.
    case goOn
  }
  var resumption = Resumption.giveTurn
  let isInterruptionRequested = Atomic<Bool>(false)
  /// The turn that ``interrupt()`` may wake from any thread; a reset replaces the process and with it the word.
  let turnInUse = Mutex<ProcessKeeper.Word?>(nil)

  /// Not asked for: what the counter's rate is, only KVM tells.
  public let counterFrequency: UInt64 = 0

  public convenience init(_ configuration: MachineConfiguration) throws(MachineError) {
    try configuration.check()
    try Self.checkPage(configuration.machinePage)
    var pieces: [(region: ProcessPlan.Region, contents: [UInt8])] = [
      (
        ProcessPlan.Region(
          address: MemoryMap.machinePage, size: MemoryMap.pageSize, sizeLimit: MemoryMap.pageSize, rights: [.read, .execute]),
        configuration.machinePage
      )
    ]
    for region in configuration.regions where region.sizeLimit > 0 {
      guard region.address + region.sizeLimit <= ProcessPlan.addressLimit else {
        throw MachineError(
          .invalidConfiguration,
          "the region at \(hexadecimal(region.address)) goes beyond \(hexadecimal(ProcessPlan.addressLimit)), "
            + "which is all that machine process has: use fewer memories or machine kvm")
      }
      let isShared = region.address == MemoryMap.edgeWindow
      pieces.append(
        (
          ProcessPlan.Region(
            address: region.address, size: region.size, sizeLimit: region.sizeLimit, rights: region.rights, isShared: isShared),
          isShared ? [] : try region.contents.bytes()
        ))
    }
    try self.init(
      contents: KeptContents.shared.contents(pieces, entry: configuration.entry, stackPointer: configuration.stackPointer), template: nil)
  }

  /// The page is entered while the loader's own, which may do more than any trustlet, is still there for it to take away. So it is not the image that
  /// decides what stands there.
  private static func checkPage(_ page: [UInt8]) throws(MachineError) {
    guard page == ownPage else {
      throw MachineError(
        .invalidConfiguration,
        "the page of code for machine process, which comes with the image, is not this Coffer's: build the image again, or use machine kvm")
    }
  }

  private static let ownPage = GuestObjects.machinePages("x86_64").first { $0.machine == "process" }?.bytes

  init(contents: ProcessContents, template: ProcessTemplate?) throws(MachineError) {
    let keeper = try ProcessKeeper.shared()
    self.keeper = keeper
    self.contents = contents
    self.template = template
    regions = contents.regions
    child = try TrustletProcess(keeper, contents)
    standsAtEdgeCall = template != nil
    let turn = child.turn
    turnInUse.withLock { $0 = turn }
    statistics.mappedBytes = mappedBytes
  }

  /// Another process in the place of this one, from the same contents.
  func replaceChild() throws(MachineError) {
    turnInUse.withLock { $0 = nil }
    child.kill()
    former = child
    child = try TrustletProcess(keeper, contents)
    let turn = child.turn
    turnInUse.withLock { $0 = turn }
    regions = contents.regions
    resumption = .giveTurn
    standsAtEdgeCall = true
    statistics.mappedBytes = mappedBytes
  }

  var mappedBytes: UInt64 { regions.reduce(0) { $0 + $1.size } }

  public func grow(region address: UInt64, to size: UInt64) throws(MachineError) {
    let index = try regions.index(growing: address, to: size)
    // The pages are reserved in the process, which makes them usable itself (MachinePage.edgeGrow): nobody else can. The kernel counts
    // them.
    var grown = regions
    grown[index].size = size
    try child.allowData(ProcessPlan.data(grown) { $0.size })
    regions = grown
    statistics.growths += 1
    statistics.mappedBytes = mappedBytes
  }

  public func withMemory<Result>(
    at address: UInt64, count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard count >= 0, let region = regions.first(where: { $0.holds(address, UInt64(count)) }) else {
      throw MachineError(
        .outOfRange, "\(count) bytes at \(hexadecimal(address)) are not inside one region: check the address that the guest gave")
    }
    if region.isShared {
      let offset = Int(address - region.address)
      return try body(UnsafeMutableRawBufferPointer(start: child.window + offset, count: count))
    }
    // A copy there and back: everything else of the process is its own.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 16)
    defer { copy.deallocate() }
    let bytes = UnsafeMutableRawBufferPointer(rebasing: copy[..<count])
    try child.read(address, into: bytes)
    let before = Array(bytes)
    let result = try body(bytes)
    if !bytes.elementsEqual(before) { try child.write(address, UnsafeRawBufferPointer(bytes)) }
    return result
  }

  /// The process's; also while it runs, from another thread than the owner's, which replaces it only between runs.
  public var processorTime: UInt64? { child.processorTime }

  /// The kernel's word, through the trap entry; a guest that writes it itself misnames its own end.
  public var faultAddress: UInt64? {
    guard ending == nil else { return nil }
    return child.control64(ProcessControl.faultAddressOffset)
  }
}

extension ProcessPlan.Region {
  func holds(_ place: UInt64, _ count: UInt64) -> Bool {
    place >= address && place - address <= size && count <= size - (place - address)
  }
}

extension MachineRegion.Contents {
  func bytes() throws(MachineError) -> [UInt8] {
    switch self {
    case .zero: return []
    case .bytes(let bytes): return bytes
    case .kept(let bytes): return bytes.withUnsafeBytes { Array($0) }
    case .file(let descriptor, let offset, let length):
      let size = coffer_file_size(descriptor)
      guard size >= 0 else { throw systemCallFailed("asking for the size of a region's file", Int32(truncatingIfNeeded: -size)) }
      guard offset + length <= UInt64(size) else {
        throw MachineError(
          .invalidConfiguration,
          "a region wants bytes \(offset) to \(offset + length) of a file of \(size) bytes: the file is cut short, fetch it again")
      }
      var bytes = [UInt8](repeating: 0, count: Int(length))
      let result = bytes.withUnsafeMutableBytes { coffer_file_read(descriptor, $0.baseAddress, $0.count, offset) }
      guard result == 0 else { throw systemCallFailed("reading a region's file", -result) }
      return bytes
    }
  }
}
