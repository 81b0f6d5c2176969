import Foundation

/// The clang and ld.lld that come with Swift.
struct Toolchain {
  let clang: String
  let linker: String
  let symbolizer: String

  /// Nil where there is no such toolchain: the tests that need one are then skipped.
  static let found: Toolchain? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    for directory in path.split(separator: ":") {
      let compiler = URL(fileURLWithPath: directory + "/swiftc").resolvingSymlinksInPath()
      guard FileManager.default.isExecutableFile(atPath: compiler.path) else { continue }
      let tools = ["clang", "ld.lld", "llvm-symbolizer"].map { compiler.deletingLastPathComponent().path + "/" + $0 }
      guard tools.allSatisfy({ FileManager.default.isExecutableFile(atPath: $0) }) else { continue }
      return Toolchain(clang: tools[0], linker: tools[1], symbolizer: tools[2])
    }
    return nil
  }()

  struct Failure: Error {
    let message: String
  }

  @discardableResult
  func run(_ program: String, _ arguments: [String], input: String = "") throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try standardInput.fileHandleForWriting.close()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let complaints = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(message: "\(program) \(arguments): \(complaints)") }
    return text
  }

  /// Compiles IR and C for `architecture` and links both as a trustlet is linked. `options` go to the linker.
  func link(
    architecture: String, modules: [String], c: String, in directory: String, options: [String] = []
  ) throws -> String {
    let machine = ["riscv64": ["-march=rv64gc", "-mabi=lp64d"]][architecture] ?? []
    let common = ["-target", "\(architecture)-unknown-none-elf", "-O2", "-ffunction-sections", "-c"] + machine
    var objects: [String] = []
    for (index, module) in modules.enumerated() {
      let (source, object) = ("\(directory)/module\(index).ll", "\(directory)/module\(index).o")
      try Data(module.utf8).write(to: URL(fileURLWithPath: source))
      try run(clang, common + ["-Wno-override-module", source, "-o", object])
      objects.append(object)
    }
    let start = "\(directory)/start.c"
    try Data(c.utf8).write(to: URL(fileURLWithPath: start))
    try run(clang, common + ["-g", "-ffreestanding", start, "-o", "\(directory)/start.o"])
    let script = "\(directory)/image.ld"
    try Data(Self.linkerScript.utf8).write(to: URL(fileURLWithPath: script))
    let executable = "\(directory)/image.elf"
    try run(linker, ["-static", "-T", script, "--gc-sections"] + options + ["\(directory)/start.o"] + objects + ["-o", executable])
    return executable
  }

  private static let linkerScript = """
    ENTRY(_start)
    PHDRS { code PT_LOAD FLAGS(5); constants PT_LOAD FLAGS(4); data PT_LOAD FLAGS(6); }
    SECTIONS {
      . = 0x400000;
      .text : { KEEP(*(.text._start)) *(.text .text.*) } :code
      . = ALIGN(0x1000);
      .rodata : { *(.rodata .rodata.*) } :constants
      . = ALIGN(0x1000);
      .data : { *(.data .data.*) } :data
      .bss : { *(.bss .bss.*) } :data
      /DISCARD/ : { *(.eh_frame*) *(.note*) *(.riscv.attributes) *(.ARM.attributes) }
    }
    """
}
