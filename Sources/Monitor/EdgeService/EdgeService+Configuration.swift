import CLinux
import EdgeCalls
import Glibc

/// What the trustlet is told at its start.
extension EdgeService {
  static func openDirectories(_ configuration: EdgeServiceConfiguration, _ handles: inout HandleTable) throws(EdgeServiceError)
    -> [UInt32]
  {
    var numbers: [UInt32] = []
    for directory in configuration.directories {
      guard !handles.isFull else {
        throw .tooManyDirectories(count: configuration.directories.count, limit: handles.limit)
      }
      guard !directory.hostPath.utf8.contains(0) else { throw .unusable(what: "the host directory", value: directory.hostPath) }
      let descriptor = coffer_open_host_directory(directory.hostPath)
      guard descriptor >= 0 else { throw .directory(hostPath: directory.hostPath, errorNumber: 0 - descriptor) }
      // The table closes the descriptor, whatever happens to this service from here on.
      let node = OpenNode(descriptor: descriptor, kind: .directory, inWritableDirectory: directory.writable)
      guard let number = try? handles.insert(node) else {
        throw .tooManyDirectories(count: configuration.directories.count, limit: handles.limit)
      }
      numbers.append(number)
      guard coffer_shows_processes(descriptor) == 0 else { throw .showsProcesses(hostPath: directory.hostPath) }
      try checkResolvingBeneath(descriptor)
    }
    return numbers
  }

  /// Whether this host can keep a guest's paths beneath a directory; for a host's diagnosis.
  public static func checkHost() throws(EdgeServiceError) {
    let root = coffer_open_host_directory("/")
    guard root >= 0 else { throw .directory(hostPath: "/", errorNumber: 0 - root) }
    defer { Glibc.close(root) }
    try checkResolvingBeneath(root)
  }

  private static func checkResolvingBeneath(_ directory: Int32) throws(EdgeServiceError) {
    let result = coffer_open_beneath(directory, ".", coffer_open_path_only, 0)
    guard result >= 0 else { throw .resolvingBeneathMissing(errorNumber: 0 - result) }
    Glibc.close(result)
  }

  /// The bytes that stand in the edge window's payload when the trustlet starts, as ``EdgeCalls/Configuration`` has them.
  /// - Parameter counterFrequency: Hertz of the processor's cycle counter, 0 when it cannot be used.
  /// - Parameter firstCommand: as ``TrustletCommand/encoded()`` gives it.
  public func configurationPayload(counterFrequency: UInt64, firstCommand: [UInt8]) throws(EdgeServiceError) -> [UInt8] {
    let arguments = try strings(configuration.arguments, "the argument") { _ in true }
    let environment = try strings(configuration.environment, "the environment entry") { entry in
      entry.utf8.firstIndex(of: UInt8(ascii: "=")).map { $0 > entry.startIndex } ?? false
    }
    var directories: [UInt8] = []
    directories.appendLittleEndian(UInt32(configuration.directories.count))
    for (directory, handle) in zip(configuration.directories, directoryHandles) {
      guard !directory.guestPath.utf8.contains(0) else {
        throw .unusable(what: "the guest path", value: directory.guestPath)
      }
      directories.appendLittleEndian(handle)
      directories.appendLittleEndian(directory.writable ? Configuration.directoryWritable : 0)
      directories.appendString(directory.guestPath)
    }
    let parts = [arguments, environment, directories, firstCommand]
    let size = parts.reduce(Int(Configuration.partsOffset)) { $0 + $1.count }
    let strings = configuration.arguments.count + configuration.environment.count + configuration.directories.count
    let cost = size + strings * Int(Configuration.stringOverhead)
    guard cost <= Int(Configuration.sizeLimit) else {
      throw .configurationTooLarge(bytes: cost, limit: Int(Configuration.sizeLimit))
    }
    var payload: [UInt8] = []
    payload.reserveCapacity(size)
    payload.appendLittleEndian(Configuration.magic)
    let carrier = configuration.streams.carrier
    let first = carrier?.first
    let input = first?.bytes.prefix(Int(Configuration.inputLimit)) ?? []
    let isWhole = first.map { $0.areAll && $0.bytes.count == input.count } ?? false
    let holdsOutput = carrier != nil && !configuration.answersDoorbells
    payload.appendLittleEndian(
      UInt32(input.count) | (isWhole ? Configuration.inputEnds : 0) | (holdsOutput ? Configuration.holdsOutput : 0))
    payload.appendLittleEndian(counterFrequency)
    for part in parts { payload.appendLittleEndian(UInt32(part.count)) }
    payload.appendLittleEndian(configuration.limits.scratchBytes)
    payload.appendLittleEndian(configuration.limits.programFiles)
    payload.appendLittleEndian(streamKinds)
    for part in parts + [Array(input)] { payload += part }
    return payload
  }

  /// A byte for each standard stream: its kind and 1. It spares the guest a call that most programs would make.
  private var streamKinds: UInt32 {
    let streams = [configuration.streams.input, configuration.streams.output, configuration.streams.errors]
    return streams.enumerated().reduce(0) { kinds, stream in
      guard let kind = try? streamKind(of: stream.element) else { return kinds }
      return kinds | (kind.rawValue + 1) << UInt32(8 * stream.offset)
    }
  }

  private func strings(_ values: [String], _ what: String, _ isUsable: (String) -> Bool) throws(EdgeServiceError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(UInt32(values.count))
    for value in values {
      guard isUsable(value), !value.utf8.contains(0) else { throw .unusable(what: what, value: value) }
      bytes.appendString(value)
    }
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func appendString(_ string: String) {
    appendLittleEndian(UInt32(string.utf8.count))
    append(contentsOf: string.utf8)
  }
}
