/// Why an image was not linked.
public enum LinkError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A symbol to define whose name ld.lld would read as something else.
  case invalidDefinition(String)
  case failed(ToolFailure, diagnostics: String)

  public var description: String {
    switch self {
    case .invalidDefinition(let name):
      "linking: found the definition of '\(name)'; expected a name of letters, digits, '_', '.' and '$'."
    case .failed(let failure, let diagnostics):
      "linking: ld.lld \(failure.description)" + (diagnostics.isEmpty ? "" : "\n" + diagnostics)
    }
  }
}

/// Links object files to one static ELF image, in the same sandbox as the compiler and from memory to memory.
public struct StaticLinker: Sendable {
  public let toolchain: Toolchain
  public let sandbox: SandboxPolicy
  private let warn: @Sendable (String) -> Void

  public init(
    toolchain: Toolchain, sandbox: SandboxPolicy = .standard,
    warn: @escaping @Sendable (String) -> Void = printWarning
  ) {
    self.toolchain = toolchain
    self.sandbox = sandbox
    self.warn = warn
  }

  /// Links every object, in the order given. What no kept section refers to is left out; a warning is an error; the
  /// symbol table and DWARF stay.
  /// - Parameters:
  ///   - script: a GNU linker script.
  ///   - definitions: absolute symbols.
  ///   - aliases: further names for symbols of the objects: the name, and which symbol it means.
  public func link(
    objects: [(name: String, bytes: [UInt8])], script: [UInt8], definitions: [(String, UInt64)] = [], aliases: [(String, String)] = [],
    architecture: CPUArchitecture
  ) throws(LinkError) -> [UInt8] {
    let arguments = try arguments(definitions.map { ($0, "0x" + String($1, radix: 16)) }, aliases, architecture)
    let outcome: ConfinedOutcome
    do throws(ToolFailure) {
      let rules = try sandbox.rules(for: toolchain.linker, warn: warn)
      let command = ConfinedCommand(
        program: toolchain.linker, arguments: arguments, input: try MemoryFile("nothing"),
        files: [
          try MemoryFile("objects", holding: ArchiveWriter.archive(objects)),
          try MemoryFile("script", holding: script),
        ],
        policy: sandbox, confinement: .locked(rules))
      outcome = try ConfinedProcess(command).outcome()
    } catch {
      throw .failed(error, diagnostics: "")
    }
    let diagnostics = Diagnostics.text(
      of: outcome.diagnostics, replacing: [(Self.objectsPath, "objects"), (Self.scriptPath, "linker script")])
    if let failure = ToolFailure(outcome.ending, diagnostics: diagnostics) {
      throw .failed(failure, diagnostics: failure.hasDiagnostics ? diagnostics : "")
    }
    guard let image = try? outcome.output.bytes(limit: Int(clamping: sandbox.output)), let header = ELFHeader(image),
      header.kind == .executable, header.machine == architecture.elfMachine
    else { throw .failed(.unusableOutput, diagnostics: diagnostics) }
    return image
  }

  private static let objectsPath = "/proc/self/fd/3"
  private static let scriptPath = "/proc/self/fd/4"

  private func arguments(
    _ definitions: [(String, String)], _ aliases: [(String, String)], _ architecture: CPUArchitecture
  ) throws(LinkError) -> [String] {
    var arguments = [
      "ld.lld", "-m", architecture.linkerEmulation, "-static", "--no-pie", "--gc-sections", "--build-id=none",
      "--fatal-warnings", "--color-diagnostics=never", "-z", "max-page-size=4096", "-z", "noexecstack",
      // The sandbox lets no thread start.
      "--threads=1",
    ]
    // The linker would read what is no name as an expression.
    for (_, symbol) in aliases where !Self.isSymbolName(symbol) { throw .invalidDefinition(symbol) }
    for (name, value) in definitions + aliases {
      guard Self.isSymbolName(name) else { throw .invalidDefinition(name) }
      arguments.append("--defsym=\(name)=\(value)")
    }
    return arguments + ["-T", Self.scriptPath, "--whole-archive", Self.objectsPath, "-o", "-"]
  }

  private static func isSymbolName(_ name: String) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool {
      (65...90).contains(byte) || (97...122).contains(byte) || [95, 46, 36].contains(byte)
    }
    guard let first = name.utf8.first, isLetter(first) else { return false }
    return name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) }
  }
}
