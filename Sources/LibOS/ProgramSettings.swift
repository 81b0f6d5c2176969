#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// Why a program cannot start: the host's configuration is broken, or offers what the measured manifest does not allow.
public enum StartFailure: Error {
  case malformedManifest
  case malformedConfiguration
  case malformedEnvironment
  case malformedDirectory
  case argumentsForbidden
  case environmentForbidden
  case environmentFixed
  case directoriesForbidden
  case writableDirectoriesForbidden
  case tooManyDirectories
  case directoryInTheWay
  case tooFewOpenFiles
  case malformedFileTree
  case malformedCommand

  /// For people: the rule, what was found, what to do.
  public var reason: StaticString {
    switch self {
    case .malformedManifest: "the image's manifest is missing or broken: build the image again"
    case .malformedConfiguration: "the host's start configuration is malformed"
    case .malformedEnvironment: "the host gave an environment entry that is not NAME=VALUE without NUL"
    case .malformedDirectory: "the host gave a directory whose guest path is empty or holds NUL"
    case .argumentsForbidden: "the host gave arguments, and the manifest does not allow host arguments"
    case .environmentForbidden: "the host gave environment variables, and the manifest does not allow them"
    case .environmentFixed: "the host gave an environment variable that the manifest sets or that it gave before"
    case .directoriesForbidden: "the host gave a directory, and the manifest does not allow host directories"
    case .writableDirectoriesForbidden: "the host gave a writable directory, and the manifest allows reading only"
    case .directoryInTheWay: "the host gave a directory at a place where the image has files of its own: choose another place"
    case .tooManyDirectories: "the host gave more directories than there are descriptors"
    case .tooFewOpenFiles: "the limit of open files leaves no descriptors for the standard streams and the image's directories"
    case .malformedCommand: "the host gave a malformed command"
    case .malformedFileTree: "the image's file tree is broken: build the image again"
    }
  }
}

/// A directory that the host offers.
public struct HostDirectory: Equatable {
  public let handle: UInt32
  public let isWritable: Bool
  /// Where the program sees it.
  public let path: [UInt8]

  package init(handle: UInt32, isWritable: Bool, path: [UInt8]) {
    (self.handle, self.isWritable, self.path) = (handle, isWritable, path)
  }
}

/// What a program starts with: the measured manifest, and of the host's configuration that which the manifest allows.
public struct ProgramSettings {
  public let arguments: [[UInt8]]
  public internal(set) var environment: [[UInt8]]
  /// The names under which the program gets the manifest's secrets.
  package let secrets: [[UInt8]]
  /// Who writes them, as the manifest has it (``GuestManifest/author``); empty where it names nobody.
  package let author: [UInt8]
  public let directories: [HostDirectory]
  /// Whether the manifest lets the host give any.
  public let takesDirectories: Bool
  /// Where the manifest gives scratch space, and how much of it there is at most.
  public let scratch: (path: [UInt8], size: UInt64)?
  /// How much of the scratch space may be used, and how many descriptors: the manifest's limits, which the host can only lower.
  public let scratchSize: UInt64
  public let openFiles: UInt32
  /// The host's word; 0: the counter cannot be used.
  public let counterFrequency: UInt64
  /// Of the three standard streams, where the host says.
  let streamKinds: [NodeKind?]
  /// What came of standard input along with the settings, if anything did; whether it ends with that; whether output may be held back.
  let input: MemoryRegion?
  let inputEnds: Bool
  let holdsOutput: Bool
  /// The first command, as ``Command`` has it; not yet checked.
  public let command: [UInt8]

  /// What a program is called whose manifest takes no arguments from the host: some programs choose by their name what
  /// they do.
  static var fixedName: [UInt8] { MemoryRegion.copy("trustlet") }

  /// - Parameters:
  ///   - payload: the edge window's, which the host has filled.
  ///   - manifest: as ``GuestManifest`` has it.
  public init(payload: MemoryRegion, manifest: MemoryRegion) throws(StartFailure) {
    let (manifest, offered) = (try Manifest(manifest), try Offer(payload))

    var arguments = [offered.arguments.first ?? ProgramSettings.fixedName]
    if manifest.allows(GuestManifest.hostArguments) {
      arguments += manifest.arguments + offered.arguments.dropFirst()
    } else {
      guard offered.arguments.count <= 1 else { throw .argumentsForbidden }
      arguments = [ProgramSettings.fixedName] + manifest.arguments
    }

    var environment = manifest.environment
    var names = environment.map(variableName) + manifest.secrets.map { $0[...] }
    guard offered.environment.isEmpty || manifest.allows(GuestManifest.hostEnvironment) else {
      throw .environmentForbidden
    }
    for entry in offered.environment {
      guard let name = variableName(entry) else { throw .malformedEnvironment }
      for other in names where other == name { throw .environmentFixed }
      names.append(name)
      environment.append(entry)
    }

    for directory in offered.directories {
      guard manifest.allows(GuestManifest.hostDirectoriesRead) else { throw .directoriesForbidden }
      guard !directory.isWritable || manifest.allows(GuestManifest.hostDirectoriesWrite) else {
        throw .writableDirectoriesForbidden
      }
    }

    (self.arguments, self.environment, secrets, directories) = (arguments, environment, manifest.secrets, offered.directories)
    author = manifest.author
    takesDirectories = manifest.allows(GuestManifest.hostDirectoriesRead)
    scratch = manifest.scratchPath.isEmpty ? nil : (manifest.scratchPath, manifest.scratchSize)
    (scratchSize, openFiles) = (min(manifest.scratchSize, offered.scratchLimit), min(manifest.openFiles, offered.openFilesLimit))
    (counterFrequency, streamKinds, input, command) = (offered.counterFrequency, offered.streamKinds, offered.input, offered.command)
    inputEnds = offered.flags & Configuration.inputEnds != 0
    holdsOutput = offered.flags & Configuration.holdsOutput != 0
  }
}

/// The bytes before the first "=", or nil if there is none, nothing before it, or a NUL anywhere.
private func variableName(_ entry: [UInt8]) -> ArraySlice<UInt8>? {
  guard !entry.contains(0), let separator = entry.firstIndex(of: UInt8(ascii: "=")), separator > 0 else { return nil }
  return entry[..<separator]
}

private struct Manifest {
  let flags: UInt32
  let environment: [[UInt8]]
  let arguments: [[UInt8]]
  let scratchSize: UInt64
  let openFiles: UInt32
  /// Empty without scratch space.
  let scratchPath: [UInt8]
  let secrets: [[UInt8]]
  let author: [UInt8]

  init(_ region: MemoryRegion) throws(StartFailure) {
    let length = region.count < MemoryMap.guestManifestSizeLimit ? region.count : MemoryMap.guestManifestSizeLimit
    guard let bytes = try? region.bytes(0, length) else { throw .malformedManifest }
    var reader = ByteReader(bytes)
    guard reader.uint32() == GuestManifest.magic, let flags = reader.uint32(), let environment = reader.strings(),
      let arguments = reader.strings(), let scratchSize = reader.uint64(), let openFiles = reader.uint32(),
      let scratchPath = reader.string(), scratchSize <= MemoryMap.scratchSizeLimit,
      let secrets = flags & GuestManifest.secrets == 0 ? [] : reader.strings(),
      let author = flags & GuestManifest.author == 0 ? [] : reader.string()
    else { throw .malformedManifest }
    (self.flags, self.environment, self.arguments, self.secrets, self.author) = (flags, environment, arguments, secrets, author)
    (self.scratchSize, self.openFiles, self.scratchPath) = (scratchSize, openFiles, scratchPath)
  }

  func allows(_ flag: UInt32) -> Bool { flags & flag != 0 }
}

/// The host's ``Configuration``, well formed but not yet allowed.
private struct Offer {
  let counterFrequency: UInt64
  let arguments: [[UInt8]]
  let environment: [[UInt8]]
  let directories: [HostDirectory]
  let scratchLimit: UInt64
  let openFilesLimit: UInt32
  let streamKinds: [NodeKind?]
  let flags: UInt32
  let input: MemoryRegion?
  let command: [UInt8]

  init(_ payload: MemoryRegion) throws(StartFailure) {
    // The host can change the window while it is read: what is parsed is a private copy, whose lengths count again.
    var total = Configuration.partsOffset
    for part in 0..<4 as Range<UInt64> {
      guard let length = try? payload.load32(Configuration.lengthsOffset + 4 * part) else {
        throw .malformedConfiguration
      }
      total += UInt64(length)
    }
    guard let bytes = try? payload.bytes(0, total) else { throw .malformedConfiguration }
    var reader = ByteReader(bytes)
    guard reader.uint32() == Configuration.magic, let flags = reader.uint32(), let frequency = reader.uint64(),
      let argumentsLength = reader.uint32(), let environmentLength = reader.uint32(),
      let directoriesLength = reader.uint32(), let commandLength = reader.uint32(),
      let scratchLimit = reader.uint64(), let openFilesLimit = reader.uint32(), let kinds = reader.uint32(),
      let argumentsPart = reader.take(argumentsLength), let environmentPart = reader.take(environmentLength),
      let directoriesPart = reader.take(directoriesLength), let command = reader.take(commandLength),
      let arguments = allStrings(argumentsPart), let environment = allStrings(environmentPart)
    else { throw .malformedConfiguration }
    let inputLength = UInt64(flags & Configuration.inputLengthMask)
    var input: MemoryRegion?
    if inputLength > 0 {
      guard inputLength <= Configuration.inputLimit, let copy = try? payload.kept(total, inputLength) else { throw .malformedConfiguration }
      input = copy
    }
    for argument in arguments where argument.contains(0) { throw .malformedConfiguration }
    (self.input, self.flags, counterFrequency) = (input, flags, frequency)
    (self.scratchLimit, self.openFilesLimit) = (scratchLimit, openFilesLimit)
    streamKinds = [offeredKind(kinds & 0xFF), offeredKind(kinds >> 8 & 0xFF), offeredKind(kinds >> 16 & 0xFF)]
    (self.arguments, self.environment, self.command) = (arguments, environment, command)
    directories = try allDirectories(directoriesPart)
  }
}

/// A kind and 1; what is no kind is asked for when it is wanted.
private func offeredKind(_ byte: UInt32) -> NodeKind? { byte == 0 ? nil : NodeKind(rawValue: byte - 1) }

private func allStrings(_ part: [UInt8]) -> [[UInt8]]? {
  if part.isEmpty { return [] }
  var reader = ByteReader(part)
  guard let strings = reader.strings(), reader.isAtEnd else { return nil }
  return strings
}

private func allDirectories(_ part: [UInt8]) throws(StartFailure) -> [HostDirectory] {
  if part.isEmpty { return [] }
  var reader = ByteReader(part)
  var directories: [HostDirectory] = []
  guard let count = reader.uint32() else { throw .malformedConfiguration }
  for _ in 0..<count {
    guard let handle = reader.uint32(), let flags = reader.uint32(), let path = reader.string(),
      flags & ~Configuration.directoryWritable == 0
    else { throw .malformedConfiguration }
    guard !path.isEmpty, !path.contains(0) else { throw .malformedDirectory }
    directories.append(
      HostDirectory(handle: handle, isWritable: flags & Configuration.directoryWritable != 0, path: path))
  }
  guard reader.isAtEnd else { throw .malformedConfiguration }
  return directories
}
