import Coffer
import ComponentFormat
import ComponentLinking
import Glibc
import Machine
import Synchronization
import Testing
import TrustletImage
import WasmText

extension RunningTests {
  /// Components whose imports another component offers, over what the library OS has.
  @Suite struct ComponentProviderTests {
    static let provider = """
      (component
        (import "wasi-snapshot-preview1" (core module $W
          (export "memory" (memory 1))
          (export "fd_write" (func (param i32 i32 i32 i32) (result i32)))))
        (core instance $w (instantiate $W))
        (type $line' (resource (rep i32)))
        (core func $new (canon resource.new $line'))
        (core module $M
          (import "w" "memory" (memory 1))
          (import "w" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "c" "new" (func $new (param i32) (result i32)))
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
          (func (export "print") (param $p i32) (param $n i32) (result i32)
            (i32.store (i32.const 16) (local.get $p))
            (i32.store (i32.const 20) (local.get $n))
            (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
          (func (export "line") (param i32) (result i32) (call $new (local.get 0)))
          (func (export "number") (param i32) (result i32) (local.get 0)))
        (core instance $m (instantiate $M (with "w" (instance $w)) (with "c" (instance (export "new" (func $new))))))
        (component $Face
          (import "line" (type $line (sub resource)))
          (import "print" (func $print (param "text" string) (result u32)))
          (import "make" (func $make (param "number" u32) (result (own $line))))
          (import "number" (func $number (param "of" (borrow $line)) (result u32)))
          (export $shown "line" (type $line))
          (export "print" (func $print))
          (export "make" (func $make) (func (param "number" u32) (result (own $shown))))
          (export "number" (func $number) (func (param "of" (borrow $shown)) (result u32))))
        (func $print (param "text" string) (result u32)
          (canon lift (core func $m "print") (memory (core memory $w "memory")) (realloc (core func $m "realloc"))))
        (func $make (param "number" u32) (result (own $line')) (canon lift (core func $m "line")))
        (func $number (param "of" (borrow $line')) (result u32) (canon lift (core func $m "number")))
        (instance $face (instantiate $Face (with "line" (type $line')) (with "print" (func $print)) (with "make" (func $make))
          (with "number" (func $number))))
        (export "test:out/print@0.2.7" (instance $face)))
      """

    static func client(_ parameter: String = "string", version: String = "0.2.1") -> String {
      """
      (component
        (import "test:out/print@\(version)" (instance $out
          (export "line" (type $line (sub resource)))
          (export "print" (func (param "text" \(parameter)) (result u32)))
          (export "make" (func (param "number" u32) (result (own $line))))
          (export "number" (func (param "of" (borrow $line)) (result u32)))))
        (alias export $out "line" (type $line))
        (core module $L (memory (export "mem") 1) (data (i32.const 64) "hello, component\\0a"))
        (core instance $l (instantiate $L))
        (core func $print (canon lower (func $out "print") (memory (core memory $l "mem"))))
        (core func $make (canon lower (func $out "make")))
        (core func $number (canon lower (func $out "number")))
        (core func $drop (canon resource.drop $line))
        (core module $M
          (import "wasi_snapshot_preview1" "fd_write" (func $print (param i32 i32) (result i32)))
          (import "o" "make" (func $make (param i32) (result i32)))
          (import "o" "number" (func $number (param i32) (result i32)))
          (import "o" "drop" (func $drop (param i32)))
          (func (export "run") (result i32) (local $h i32) (local $n i32)
            (local.set $h (call $make (i32.const 40)))
            (local.set $n (call $number (local.get $h)))
            (call $drop (local.get $h))
            (i32.add (local.get $n) (call $print (i32.const 64) (i32.const 17)))))
        (core instance $m (instantiate $M
          (with "wasi_snapshot_preview1" (instance (export "fd_write" (func $print))))
          (with "o" (instance (export "make" (func $make)) (export "number" (func $number)) (export "drop" (func $drop))))))
        (func (export "run") (result u32) (canon lift (core func $m "run"))))
      """
    }

    static func encoded(_ text: String) throws -> [UInt8] { try Wat.encodeComponent(Array(text.utf8)) }

    /// A module that names an import as the host does gets what its component gives it.
    @Test func whatAProviderOffersIsUsed() throws {
      let provider = try ComponentBinary.decode(try Self.encoded(Self.provider))
      let image = try Needs.builder().image(ofComponent: try Self.encoded(Self.client()), providers: [provider])
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      defer { for end in ends { close(end) } }
      let program = try RunningProgram(image, time: .seconds(60), output: ends[1])
      #expect(try program.value("run") == 40)
      _ = program.trustlet.perform(.end)
      var text = [UInt8](repeating: 0, count: 64)
      let count = read(ends[0], &text, text.count)
      #expect(String(decoding: text.prefix(max(0, count)), as: UTF8.self) == "hello, component\n")
    }

    /// What traps when it is called is said before.
    @Test func whatIsNotSupportedIsSaidWhenItIsBuilt() throws {
      let text = """
        (component
          (component $C
            (core func $return (canon task.return (result u32)))
            (core module $M
              (import "" "return" (func $return (param i32)))
              (func (export "now") (result i32) (i32.const 7))
              (func (export "later") (call $return (i32.const 8))))
            (core instance $m (instantiate $M (with "" (instance (export "return" (func $return))))))
            (func (export "now") (result u32) (canon lift (core func $m "now")))
            (func (export "later") async (result u32) (canon lift (core func $m "later") async)))
          (instance $c (instantiate $C))
          (export "now" (func $c "now")))
        """
      let said = Mutex<[String]>([])
      var builder = try Needs.builder()
      builder.warn = { text in said.withLock { $0.append(text) } }
      let program = try RunningProgram(try builder.image(ofComponent: try Self.encoded(text)), time: .seconds(60))
      #expect(try program.value("now") == 7)
      #expect(said.withLock { $0 } == ["the component uses what is not supported here, and traps where it is called: task.return"])
    }

    @Test func anotherTypeOrVersionIsRefused() throws {
      let provider = try ComponentBinary.decode(try Self.encoded(Self.provider))
      func link(_ text: String) throws -> LinkedComponent {
        try ComponentLinker.link(try ComponentBinary.decode(try Self.encoded(text)), providers: [provider])
      }
      #expect(try link(Self.client()).functions.count == 1)
      let type = #expect(throws: LinkingError.self) { try link(Self.client("(list u8)")) }
      #expect(type?.description == "incompatible import type: a function is offered with another type than it is imported with")
      #expect(try link(Self.client(version: "0.2")).functions.count == 1)
      let version = #expect(throws: LinkingError.self) { try link(Self.client(version: "0.3.0")) }
      #expect(throws: LinkingError.self) { try link(Self.client(version: "1")) }
      #expect(
        version?.description
          == "unknown import: nothing offers \"test:out/print@0.3.0\"; offered are: \"test:out/print@0.2.7\"")
    }

    /// A function that is imported as one that may wait is offered as one that may not, and the other way about.
    @Test(arguments: ["func async", "func"]) func howAFunctionIsCalledIsPartOfItsType(wanted: String) throws {
      let offered = wanted == "func" ? "func async" : "func"
      let provider = try ComponentBinary.decode(
        try Self.encoded(
          "(component (core module $M (func (export \"f\"))) (core instance $m (instantiate $M)) (type $f (\(offered))) "
            + "(func (export \"f\") (type $f) (canon lift (core func $m \"f\"))))"))
      func client(_ type: String) throws -> ComponentBinary {
        try ComponentBinary.decode(
          try Self.encoded(
            "(component (type $f (\(type))) (import \"f\" (func $f (type $f))) (core func $g (canon lower (func $f))) "
              + "(core module $M (import \"\" \"f\" (func))) (core instance (instantiate $M (with \"\" (instance (export \"f\" (func $g)))))))"))
      }
      _ = try ComponentLinker.link(try client(offered), providers: [provider])
      let error = #expect(throws: LinkingError.self) { try ComponentLinker.link(try client(wanted), providers: [provider]) }
      #expect(error?.description == "incompatible import type: a function is offered with another type than it is imported with")
    }

    @Test func aComponentThatIsNoProviderDoesNotGetTheHost() throws {
      let error = #expect(throws: LinkingError.self) {
        try ComponentLinker.link(try ComponentBinary.decode(try Self.encoded(Self.provider)))
      }
      #expect(error?.description == "unknown import: nothing offers \"wasi-snapshot-preview1\"")
    }
  }
}
