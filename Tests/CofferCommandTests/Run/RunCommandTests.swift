import Foundation
import Testing

private let exiting = """
  (module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 42))))
  """

@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct RunCommandTests {
  @Test func exitStatusIsTheProgramsOwn() throws {
    let place = try Workplace()
    try place.module("exit.wasm", exiting)
    try place.module("good.wasm", "(module (memory 1) (func (export \"_start\")))")
    #expect(try place.run("run", "exit.wasm").status == 42)
    #expect(try place.run("run", "good.wasm").status == 0)
    // A process has eight bits for it, in which this would be success.
    for status in [256, 65536] {
      try place.module("large.wasm", exiting.replacingOccurrences(of: "42", with: "\(status)"))
      let result = try place.run("run", "large.wasm")
      #expect(result.status == 1 && result.errors.contains("ended with the status \(status)"), "\(result)")
    }
    let hello = try place.run("run", "example:hello")
    #expect(hello.status == 0 && !hello.output.isEmpty)
    #expect(hello.complaints.isEmpty)
  }

  /// Compilers of C++ make exceptions, and tools several memories and constants that reckon.
  @Test func partsOfWebAssembly3Run() throws {
    let place = try Workplace()
    let text = """
      (module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (tag $e (param i32)) (memory (export "memory") 1) (memory $second 1) (global $seven i32 (i32.add (i32.const 3) (i32.const 4)))
        (func $throws (i32.store $second (i32.const 8) (global.get $seven)) (throw $e (i32.load $second (i32.const 8))))
        (func (export "_start") (call $exit (block $h (result i32) (try_table (catch $e $h) (call $throws)) (i32.const 1)))))
      """
    try place.module("caught.wasm", text)
    #expect(try place.run("run", "caught.wasm").status == 7)
    try place.module("uncaught.wasm", text.replacingOccurrences(of: "(catch $e $h)", with: ""))
    let uncaught = try place.run("run", "uncaught.wasm")
    #expect(uncaught.status == 134 && uncaught.errors.contains("trap: uncaught exception"), "\(uncaught.errors)")
  }

  @Test func trapIsNamedWithItsFunctionAndOffset() throws {
    let place = try Workplace()
    try place.module(
      "trap.wasm",
      """
      (module (memory 1) (type $inner (func (param i32)))
        (table (export "table") 1 funcref) (elem (i32.const 0) func $inner)
        (func $inner (param i32) (drop (i32.load (local.get 0))))
        (func (export "_start") (call_indirect (type $inner) (i32.const 65536) (i32.const 0))))
      """)
    let result = try place.run("run", "trap.wasm")
    #expect(result.status == 134)
    #expect(result.complaints.count == 1)
    let bytes = try place.bytes("trap.wasm")
    // i32.load: opcode 28, alignment 2, offset 0.
    let offset = try #require(bytes.indices.dropLast(2).first { bytes[$0] == 0x28 && bytes[$0 + 1] == 2 && bytes[$0 + 2] == 0 })
    #expect(
      result.complaints.first?.hasSuffix(
        "trap: out of bounds memory access, in function \"inner\" (0), at offset 0x\(String(offset, radix: 16)) of the module") == true,
      "\(result.errors)")
  }

  @Test func timeLimitGives124() throws {
    let place = try Workplace()
    try place.module("endless.wasm", "(module (memory 1) (func (export \"_start\") (loop $next (br $next))))")
    let result = try place.run("run", "--timeout", "50ms", "endless.wasm")
    #expect(result.status == 124)
    #expect(result.complaints.count == 1 && result.errors.contains("50ms"), "\(result.errors)")
  }

  @Test func stackExhaustionIsATrap() throws {
    let place = try Workplace()
    try place.module("deep.wasm", "(module (memory 1) (func $f (export \"_start\") (call $f)))")
    let result = try place.run("run", "deep.wasm")
    #expect(result.status == 134 && result.errors.contains("trap: call stack exhausted, in function"), "\(result.errors)")
  }

  /// What cannot be run: one line that says what was found and what was expected, and status 125.
  @Test func failuresAreOneLineAnd125() throws {
    let place = try Workplace()
    let good = try place.bytes(try place.module("good.wasm", exiting))
    try place.write("truncated.wasm", Array(good.dropLast(5)))
    try place.write("component.wasm", [0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0])
    try place.write("text.txt", Array("hello".utf8))
    try place.write("empty.wasm", [])
    try place.write("commented.wasm", Array("\u{FEFF}\n;; a comment\n(module)".utf8))
    try place.write("threads.wasm", [0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1])
    try place.write("text.wat", Array("(module (func (export \"_start\")))".utf8))
    try place.write("coffer.yaml", Array("memory: 1MiB\nhost:\n  directories: none\n".utf8))
    try place.write("wrong.yaml", Array("memry: 1MiB\n".utf8))
    try place.module("unknown.wasm", "(module (import \"env\" \"missing\" (func)) (func (export \"_start\")))")
    try place.module("core.wasm", "(module (import \"wasi:cli/stdout@0.2.0\" \"get-stdout\" (func)) (func (export \"_start\")))")
    try place.module("misspelt.wasm", "(module (import \"wasi_snapshot_preview1\" \"fd_wrote\" (func)) (func (export \"_start\")))")
    try place.module("mistyped.wasm", "(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func)) (func (export \"_start\")))")
    try place.module("library.wasm", "(module (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))")
    try place.module(
      "second.wasm",
      """
      (module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (memory 1) (memory 1) (export "memory" (memory 1))
        (func (export "_start")))
      """)
    try place.module("large.wasm", "(module (memory 17) (func (export \"_start\")))")
    for (arguments, expected) in [
      (["run", "truncated.wasm"], ["truncated.wasm", "byte 0x"]),
      (["run", "component.wasm"], ["of a component wasi:cli/run"]),
      (["run", "text.txt"], ["text.txt", "neither"]),
      (["run", "empty.wasm"], ["empty.wasm", "neither"]),
      (["run", "text.wat"], ["text format", "wat2wasm text.wat -o text.wasm"]),
      (["run", "commented.wasm"], ["text format", "wat2wasm commented.wasm -o module.wasm"]),
      (["run", "threads.wasm"], ["threads.wasm", "threads (shared memory and atomic instructions), which is not supported"]),
      (["run", "--dir", ".::/a:rx", "good.wasm"], ["':ro' or ':rw'"]),
      (["run", "--scratch", "/tmp:1MiB", "--dir", ".::/tmp/", "good.wasm"], ["scratch space", "\"/tmp/\"", "--dir"]),
      (["run", "--nope", "good.wasm"], ["Unknown option '--nope'; see"]),
      (["run", "--timout", "1s", "good.wasm"], ["Did you mean '--timeout'"]),
      (["run", "absent.wasm"], ["absent.wasm", "No such file"]),
      (["run", "."], ["regular file"]),
      (["run", "example:nothing"], ["nothing", "hello"]),
      (["run", "unknown.wasm"], ["\"env\" \"missing\"", "wasi_snapshot_preview1"]),
      (["run", "core.wasm"], ["\"wasi:cli/stdout@0.2.0\"", "made for a component", "wasm-tools component new"]),
      (["run", "misspelt.wasm"], ["fd_wrote", "fd_write"]),
      (["run", "mistyped.wasm"], ["fd_write", "offered as"]),
      (["run", "library.wasm"], ["_start", "\"add\" (i32, i32) -> (i32)", "--invoke"]),
      (["run", "second.wasm"], ["memory 1", "expected the first one, 0"]),
      (["run", "--invoke", "sub(1, 2)", "library.wasm"], ["sub", "add"]),
      (["run", "--invoke", "add(1)", "library.wasm"], ["2 arguments"]),
      (["run", "--invoke", "add(1, x)", "library.wasm"], ["\"x\"", "i32"]),
      (["run", "--memory", "1MiB", "large.wasm"], ["1MiB"]),
      (["run", "--dir", "absent", "good.wasm"], ["absent", "No such file"]),
      (["run", "--dir", ".", "--manifest", "coffer.yaml", "good.wasm"], ["manifest", "--dir"]),
      (["run", "--manifest", "wrong.yaml", "good.wasm"], ["wrong.yaml", "memry", "memory"]),
      (["run", "--manifest", "absent.yaml", "good.wasm"], ["absent.yaml", "No such file"]),
      (["build", "good.wasm", "-o", "absent/x.trustlet"], ["absent", "No such file"]),
      (["build", "good.wasm", "-o", "."], ["cannot replace '.'"]),
      (["measure", "absent.wasm"], ["absent.wasm"]),
      (["inspect", "text.txt"], ["text.txt"]),
    ] {
      let result = try CofferCommand.run(arguments, in: place.path)
      let title: Comment = "\(arguments.joined(separator: " ")): \(result.errors)"
      #expect(result.status == 125, title)
      #expect(result.complaints.count == 1, title)
      #expect(result.output.isEmpty, title)
      for text in expected { #expect(result.errors.contains(text), title) }
    }
  }

  /// What is wrong with the command line itself is Coffer's failure too, never to be taken for the program's own status.
  @Test(arguments: [
    ["run"], ["run", "--timeout", "5", "example:hello"], ["run", "--memory", "much", "example:hello"], ["nonsense"],
    ["run", "--invoke", "f", "example:hello"], ["build", "--optimize", "most", "example:hello"],
  ]) func wrongCommandLineGives125(arguments: [String]) throws {
    let place = try Workplace()
    let result = try CofferCommand.run(arguments, in: place.path)
    #expect(result.status == 125, "\(result.errors)")
    #expect(result.output.isEmpty && result.complaints.count == 1, "\(result.errors)")
  }

  @Test(arguments: [
    (["run", "example:hello", "--broker", "http://127.0.0.1:1"], "no secrets"),
    (["run", "--net", "https://example.org", "--ca", "/dev/null", "example:hello"], "found no certificate"),
    (["run", "hello.trustlet", "--optimize", "none"], "compiled already"), (["measure", "hello.trustlet", "--optimize", "speed"], "compiled already"),
    (["verify-image", "hello.trustlet", "--source", "example:hello", "--optimize", "none"], "expected speed"),
    (["run", "--timeout", "-1s", "example:hello"], "write --timeout=-1s"), (["inspect", "cut.evidence"], "or it is cut short"),
  ] as [([String], String)]) func whatWouldDoNothingIsRefused(arguments: [String], reason: String) throws {
    let place = try Workplace()
    #expect(try place.run("build", "example:hello", "-o", "hello.trustlet").status == 0)
    try Data([0x84, 0x44]).write(to: URL(fileURLWithPath: place.path + "/cut.evidence"))
    let result = try CofferCommand.run(arguments, in: place.path)
    #expect(result.status == 125 && result.output.isEmpty, "\(result.errors)")
    #expect(result.complaints.count == 1 && result.errors.contains(reason), "\(result.errors)")
  }

  @Test(arguments: ["--help", "--version", "help serve"]) func helpThatCannotBeWrittenIsAFailure(arguments: String) throws {
    let place = try Workplace()
    let result = try place.run("run", "example:hello", shell: "\(CofferCommand.program ?? "") \(arguments) > /dev/full; exit $?;")
    #expect(result.status == 125 && result.errors.contains("No space left on device"), "\(result)")
  }

  @Test(arguments: ["help nonsense", "help broker nonsense", "help run --bogus", "nonsense", "broker nonsense"]) func whatIsNoCommandIsSaid(line: String) throws {
    let place = try Workplace()
    let result = try CofferCommand.run(line.split(separator: " ").map(String.init), in: place.path)
    #expect(result.status == 125 && result.output.isEmpty && !result.errors.contains("coffer help"), "\(result)")
    #expect(result.errors.contains(line.contains("nonsense") ? "there is no command" : "--bogus"), "\(result)")
  }

  @Test func helpIsNoFailure() throws {
    let place = try Workplace()
    for arguments in [["--help"], ["run", "--help"], ["--version"], ["help", "run"], ["serve", "--version"], ["help", "broker", "tokens"]] {
      let result = try CofferCommand.run(arguments, in: place.path)
      #expect(result.status == 0 && !result.output.isEmpty, "\(arguments)")
    }
  }

  @Test func invokePrintsResults() throws {
    let place = try Workplace()
    try place.module("library.wasm", "(module (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))")
    let result = try place.run("run", "--invoke", "add(-7, 2)", "library.wasm")
    #expect(result.status == 0 && result.output == "-5\n")
    try place.module("quiet.wasm", "(module (memory 1) (func (export \"_start\")))")
    let quiet = try place.run("run", "--invoke", "_start()", "quiet.wasm")
    #expect(quiet.status == 0 && quiet.output.isEmpty)
  }

  /// A limit that is over before the program begins counts, too.
  @Test(arguments: ["kvm", "process"]) func theShortestTimeLimitGives124(machine: String) throws {
    let place = try Workplace()
    try place.module("good.wasm", "(module (memory 1) (func (export \"_start\")))")
    let result = try place.run("run", "--timeout", "1ns", "--machine", machine, "good.wasm")
    #expect(result.status == 124 && result.errors.contains("1ns"), "\(result.errors)")
  }

  @Test(arguments: [("kvm", [6]), ("process", [6, 10])]) func fewDescriptorsAreNamed(machine: String, numbers: [Int]) throws {
    let place = try Workplace()
    #expect(try place.run("build", "example:hello", "-o", "hello.trustlet").status == 0)
    for number in numbers {
      let result = try place.run("run", "--machine", machine, "hello.trustlet", shell: "ulimit -n \(number);")
      #expect(result.status == 125 && result.errors.contains("only \(number) files open (ulimit -n)"), "\(result.errors)")
    }
  }

  @Test func aCacheThatIsNoneIsNamed() throws {
    let place = try Workplace()
    try place.module("good.wasm", "(module (memory 1) (func (export \"_start\")))")
    let result = try place.run("run", "good.wasm", environment: ["COFFER_CACHE": "cache"])
    #expect(result.status == 0)
    #expect(result.complaints == ["coffer: COFFER_CACHE is \"cache\", which is no absolute path: nothing is kept for the next run"])
    #expect(place.names == ["good.wasm"])
    #expect(try place.run("run", "good.wasm", environment: ["COFFER_CACHE": ""]).complaints.isEmpty)
  }

  @Test func coloursOnlyOnATerminal() throws {
    let place = try Workplace()
    let result = try place.run("run", "absent.wasm", environment: ["NO_COLOR": "1", "TERM": "xterm"])
    #expect(!result.errors.contains("\u{1B}"))
    #expect(try !place.run("run", "absent.wasm", environment: ["TERM": "xterm"]).errors.contains("\u{1B}"))
  }
}
