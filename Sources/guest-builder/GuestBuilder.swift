import Foundation

/// Compiles the guest's sources for each architecture into one relocatable object, and the machine pages into flat code, and writes
/// both into one Swift file. Run by `GuestPlugin`.
@main struct GuestBuilder {
  struct Architecture {
    var name: String
    var swiftTriple: String
    var clangTriple: String
    var flags: [String] = []
  }

  static let architectures = [
    Architecture(
      name: "x86_64", swiftTriple: "x86_64-unknown-none-elf", clangTriple: "x86_64-unknown-none-elf",
      flags: ["-march=x86-64-v3"]),
    Architecture(name: "aarch64", swiftTriple: "aarch64-none-none-elf", clangTriple: "aarch64-none-elf"),
    Architecture(
      name: "riscv64", swiftTriple: "riscv64-none-none-eabi", clangTriple: "riscv64-none-elf",
      flags: ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany"]),
  ]

  let swiftc: String
  let clang: String
  let linker: String
  let work: String
  let guest: String
  /// The headers of the C half of GuestCrypto.
  let cryptographyHeaders: String
  let sources: [String]

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 8 else {
      fail("usage: guest-builder SWIFTC CLANG LINKER WORK-DIRECTORY OUTPUT GUEST-DIRECTORY CRYPTOGRAPHY-HEADERS SOURCE...")
    }
    let builder = GuestBuilder(
      swiftc: arguments[1], clang: arguments[2], linker: arguments[3], work: arguments[4], guest: arguments[6],
      cryptographyHeaders: arguments[7], sources: Array(arguments[8...]))
    var text = "/// Written by guest-builder.\nextension GuestObjects {\n"
    for architecture in architectures {
      text += try builder.constant("library_\(architecture.name)", builder.library(architecture))
    }
    for page in builder.sources where fileName(page).hasPrefix("machine-") {
      let name = fileName(page).dropFirst("machine-".count).dropLast(".S".count).replacing("-", with: "_")
      guard let architecture = architectures.first(where: { name.hasSuffix($0.name) }) else { continue }
      text += try builder.constant("machine_\(name)", builder.machinePage(page, architecture))
    }
    text += try builder.constant("process_loader_x86_64", builder.processLoader())
    text += try builder.constant("linkerScript", Data(contentsOf: URL(fileURLWithPath: builder.guest + "/trustlet.ld")))
    text += "}\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: arguments[5]))
  }

  /// Base64 in a string literal: the compiler takes an array of as many bytes a thousand times as long.
  func constant(_ name: String, _ bytes: Data) -> String {
    "  /// \(bytes.count) bytes\n  static let \(name): StaticString = \"\(bytes.base64EncodedString())\"\n"
  }

  /// The library OS: its Swift as one module, and the C and assembly beside it, as one relocatable object.
  func library(_ architecture: Architecture) throws -> Data {
    let directory = try directory(architecture.name)
    let swift = sources.filter { $0.hasSuffix(".swift") }
    run(
      swiftc,
      [
        "-target", architecture.swiftTriple, "-wmo", "-parse-as-library", "-Osize", "-module-name", "Guest", "-package-name", "coffer",
        "-swift-version", "6", "-enable-experimental-feature", "Embedded", "-I", guest + "/include", "-I", cryptographyHeaders,
        "-Xfrontend",
        "-function-sections", "-Xfrontend", "-disable-stack-protector",
        // An object for each file: classes would share one section of data otherwise, and with one of them all that any needs would be in every image.
        "-num-threads", "2", "-module-cache-path", directory + "/modules",
      ] + architecture.flags.flatMap { ["-Xcc", $0] } + swift + ["-c"], in: directory)
    var objects = swift.map { "\(directory)/\(Self.fileName($0).dropLast(".swift".count)).o" }
    for source in sources where source.hasSuffix(".c") || Self.fileName(source) == "entry-\(architecture.name).S" {
      let object = "\(directory)/\(Self.fileName(source)).o"
      compile(source, to: object, architecture)
      objects.append(object)
    }
    let library = "\(directory)/library.o"
    run(linker, ["-r", "--unique", "-o", library] + objects)
    return try Data(contentsOf: URL(fileURLWithPath: library))
  }

  func machinePage(_ source: String, _ architecture: Architecture) throws -> Data {
    let directory = try directory(architecture.name)
    let object = "\(directory)/\(Self.fileName(source)).o"
    compile(source, to: object, architecture)
    let page = "\(directory)/\(Self.fileName(source)).bin"
    let address = definitions.first { $0.0 == "COFFER_MACHINE_PAGE" }?.1 ?? 0
    run(linker, ["--oformat", "binary", "--image-base", "0", "-Ttext", "0x" + String(address, radix: 16), "-o", page, object])
    return try Data(contentsOf: URL(fileURLWithPath: page))
  }

  /// The program that becomes a trustlet of machine `process`: static, high in the address space, which it clears at the end.
  func processLoader() throws -> Data {
    guard let architecture = Self.architectures.first else { fail("there is no architecture") }
    let directory = try directory(architecture.name)
    let (objects, program) = (["\(directory)/loader.o", "\(directory)/copy.o"], "\(directory)/loader")
    compile(guest + "/process/loader.c", to: objects[0], architecture, ["-fpie"])
    compile(guest + "/process/copy.S", to: objects[1], architecture)
    run(
      linker,
      [
        "-static", "--no-pie", "-z", "noexecstack", "-z", "separate-code", "--strip-all", "--image-base", "0x7e0000000000", "-e", "_start",
        "-o", program,
      ] + objects)
    return try Data(contentsOf: URL(fileURLWithPath: program))
  }

  private func compile(_ source: String, to object: String, _ architecture: Architecture, _ further: [String] = []) {
    run(
      clang,
      [
        "--target=\(architecture.clangTriple)", "-O2", "-std=c23", "-ffreestanding", "-fno-builtin", "-ffunction-sections",
        "-fdata-sections", "-fno-pic", "-fno-ident", "-fno-asynchronous-unwind-tables", "-Wall", "-Wextra", "-Werror", "-I",
        guest + "/include", "-I", cryptographyHeaders,
      ] + architecture.flags + definitions.map { "-D\($0.0)=\($0.1)" } + further + ["-c", source, "-o", object])
  }

  private func directory(_ name: String) throws -> String {
    let path = work + "/" + name
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private static func fileName(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

  private func run(_ tool: String, _ arguments: [String], in directory: String? = nil) {
    let process = Process()
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    do { try process.run() } catch { fail("\(tool) did not start: \(error)") }
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      fail("\(tool) \(arguments.joined(separator: " ")) ended with status \(process.terminationStatus)")
    }
  }
}

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("error: \(message)\n".utf8))
  exit(1)
}
