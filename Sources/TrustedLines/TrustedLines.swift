/// How many lines of source have to be trusted, counted when this package was built.
public struct TrustedLines: Sendable {
  /// What a line is trusted as. Every counted source is of one part; a file of `Monitor` or `Guest` that nobody knows counts as what the goal is
  /// about, so that no new file escapes it.
  public enum Part: String, Sendable, CaseIterable {
    case libraryOS = "library OS"
    case guestEntry = "guest entry"
    /// Optional parts: in images whose manifest asks for them, and no others (`OptionalPart`).
    case secrets = "secrets and their cryptography"
    /// Only in images whose manifest has a sealed directory; with the edge service's part for it.
    case sealedFiles = "sealed directories"
    case edgeService = "edge-call service"
    /// In images whose manifest has rules for the network, and what serves those on the host.
    case network = "network"
    case lifeOfTrustlets = "life of trustlets"
    case machine = "what all machines share"
    case kvm = "machine kvm"
    case process = "machine process"
    /// What carries calls between the node's front and trustlets, and locks itself down; no part of a trustlet's own guarantees.
    case monitorProcess = "monitor process"
    /// Code for other architectures, what confines compilers, and what starts a node image.
    case elsewhere = "not in this machine"
  }

  public let part: Part
  public let path: String
  /// All lines: code, comments and empty ones.
  public let lines: Int
  /// Those that are neither empty nor a comment.
  public let code: Int

  /// What the project has set itself, in lines of code, for library OS, guest entry and edge-call service together.
  public static let goal = 6000
  public static let goalParts: [Part] = [.libraryOS, .guestEntry, .edgeService]

  /// - Parameter architecture: as `x86_64`.
  public static func counted(architecture: String) -> [TrustedLines] {
    table.map { TrustedLines(part: part(of: $0.path, architecture), path: $0.path, lines: $0.lines, code: $0.code) }
  }

  package static func part(of path: String, _ architecture: String) -> Part {
    let components = path.split(separator: "/")
    let name = components.last ?? ""
    switch (components.first, components.dropFirst().first) {
    case ("Guest", "process"): return .process
    case _ where name.hasPrefix("Network") || name.hasPrefix("EdgeService+Network"): return .network
    case (_, "HostNetwork"), (_, "InstanceNetwork"), (_, "NetworkRules"): return .network
    case ("Guest", _): return guestPart(name, architecture)
    case (_, "EdgeCalls"), (_, "LibOS"): return .libraryOS
    case (_, "CGuestCrypto"), (_, "GuestCrypto"), (_, "InstanceSecrets"): return .secrets
    case (_, "SealedFiles"), (_, "SealedVolume"): return .sealedFiles
    case (_, "Monitor") where name.hasPrefix("HostVolume"): return .sealedFiles
    case (_, "FunctionCalls"), (_, "MonitorProcess"): return .monitorProcess
    case (_, "KVMMachine"): return .kvm
    case (_, "ProcessMachine"): return .process
    case (_, "Machine"): return .machine
    case (_, "CLinux"): return linuxPart(name.split(separator: ".").first ?? name)
    default: return isLifeOfTrustlets(name) ? .lifeOfTrustlets : .edgeService
    }
  }

  private static func guestPart(_ name: Substring, _ architecture: String) -> Part {
    let isForProcessor = name.hasSuffix(".S")
    if isForProcessor, !name.hasSuffix("-\(architecture).S") { return .elsewhere }
    if name.hasPrefix("machine-kvm") { return .kvm }
    if name.hasPrefix("machine-process") { return .process }
    return name.hasPrefix("Sealed") ? .sealedFiles : .guestEntry
  }

  private static func linuxPart(_ name: Substring) -> Part {
    switch name {
    case "kvm": .kvm
    case "network": .network
    case "sockets", "node_front", "lockdown": .monitorProcess
    case "sandbox", "system_call_filter", "landlock", "node_start": .elsewhere
    case "memory", "interruption", "processor_time": .machine
    case _ where name.hasPrefix("process"): .process
    default: .edgeService
    }
  }

  private static func isLifeOfTrustlets(_ name: Substring) -> Bool {
    name.hasPrefix("Trustlet") || name.hasPrefix("Trap") || name.hasPrefix("Watchdog")
      || ["Outcome.swift", "ProcessorClock.swift", "LinearMemories.swift", "FaultClassification.swift"].contains(name)
  }
}
