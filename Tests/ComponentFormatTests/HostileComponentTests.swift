import ComponentFormat
import Glibc
import Testing
import WasmFormat
import WasmText

/// Bytes and texts from someone who means harm: each is refused, and soon.
@Suite struct HostileComponentTests {
  private static let preamble: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00]

  private static let good = """
    (component
      (core module $m
        (memory (export "mem") 1) (func (export "f") (param i32 i32))
        (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
      (core instance $i (instantiate $m))
      (import "t" (type $t (sub resource)))
      (import "[method]t.go" (func (param "self" (borrow $t)) (param "x" (list (tuple u8 string)))))
      (func $f (param "x" string) (canon lift (core func $i "f") (memory (core memory $i "mem")) (realloc (core func $i "r"))))
      (export "f" (func $f))
      (component $c (import "i" (instance (export "e" (type (sub resource))))))
      (type (component (import "i" (instance (export "e" (type (sub resource))))))))
    """

  @Test func everyPrefixAndEveryChangedByteIsAnswered() throws {
    let bytes = try Wat.encodeComponent(Array(Self.good.utf8))
    #expect(refusal(of: bytes) == nil)
    for length in 0..<bytes.count {
      // Some prefixes end between sections.
      if let error = refusal(of: Array(bytes[..<length])) { #expect((0...length).contains(error.offset)) }
    }
    for index in bytes.indices {
      for value: UInt8 in [0x00, 0x01, 0x7F, 0x80, 0xFF] {
        var changed = bytes
        changed[index] = value
        if let error = refusal(of: changed) { #expect((0...bytes.count).contains(error.offset)) }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 10, 11] as [UInt8])
  func countsBeyondTheBytes(_ section: UInt8) {
    let error = refusal(of: Self.preamble + [section, 0x05, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])
    #expect(error?.kind == .malformed)
  }

  @Test func componentsWithinComponents() {
    var bytes = Self.preamble
    for _ in 0..<200 { bytes = Self.preamble + [0x04] + leb(bytes.count) + bytes }
    #expect(refusal(of: bytes)?.kind == .limit)
  }

  @Test func typesWithinTypes() {
    // An instance type that declares an instance type, and so on.
    var type: [UInt8] = [0x42, 0x00]
    for _ in 0..<5_000 { type = [0x42, 0x01, 0x01] + type }
    let section = [0x01] + type
    #expect(refusal(of: Self.preamble + [0x07] + leb(section.count) + section)?.kind == .limit)
  }

  @Test func listsOfListsOfLists() throws {
    var text = "(component (type $t0 u8)"
    for index in 1..<5_000 { text += "(type $t\(index) (list $t\(index - 1)))" }
    #expect(try refusal(of: text + ")")?.message == "types too deep within each other: 101 found, at most 100 allowed")
  }

  /// Of which each type holds the one before twice: 2^90 values in a few hundred bytes.
  private func doubling(_ name: String) -> String {
    var text = "(type $\(name)0 (tuple u8 u8))"
    for index in 1..<90 { text += "(type $\(name)\(index) (list (tuple $\(name)\(index - 1) $\(name)\(index - 1))))" }
    return text
  }

  @Test func comparingTypesThatSpellOutEndlessly() throws {
    var limits = ComponentLimits()
    limits.typeSteps = 100_000
    limits.typeDepth = 1_000
    let text = """
      (component \(doubling("a"))
        (component $c \(doubling("b")) (import "x" (type (eq $b89))))
        (instance (instantiate $c (with "x" (type $a89)))))
      """
    let error = try refusal(of: text, limits: limits)
    #expect(error?.kind == .limit)
    #expect(error?.message.contains("types too large to compare") == true)
  }

  @Test func instancesThatSpellOutEndlessly() throws {
    var text = "(component (instance $i0)"
    for index in 1..<60 {
      let earlier = "(instance $i\(index - 1))"
      text += "(instance $i\(index) (export \"a\" \(earlier)) (export \"b\" \(earlier)))"
    }
    let error = try refusal(of: text + "(export \"e\" (instance $i59)))")
    #expect(error?.kind == .limit)
  }

  // MARK: What would take a time that grows with the square of what it is: 7 seconds for what takes half of one

  private func section(_ identifier: UInt8, _ entries: [[UInt8]]) -> [UInt8] {
    let content = leb(entries.count) + Array(entries.joined())
    return [identifier] + leb(content.count) + content
  }

  private func name(_ text: String) -> [UInt8] { [0x00] + leb(text.utf8.count) + Array(text.utf8) }

  /// With seconds of processor time: others may have the processor meanwhile.
  private func timedRefusal(of bytes: [UInt8]) -> (error: WasmError?, seconds: Double) {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    let error = refusal(of: bytes)
    return (error, now() - start)
  }

  @Test func manyImportedResourceTypes() {
    let imports = (0..<200_000).map { name("r\($0)") + [0x03, 0x01] }
    let found = timedRefusal(of: Self.preamble + section(10, imports))
    #expect(found.error == nil && found.seconds < 4)
  }

  /// Each import of an instance asks what is named already.
  @Test func manyNamedTypesAndManyInstances() {
    // Type 0 has an export of a resource type of its own.
    let types = section(7, [[0x42, 0x01, 0x04] + name("r") + [0x03, 0x01]])
    let imports = (0..<60_000).map { name("r\($0)") + [0x03, 0x01] } + (0..<60_000).map { name("i\($0)") + [0x05, 0x00] }
    let found = timedRefusal(of: Self.preamble + types + section(10, imports))
    #expect(found.error == nil && found.seconds < 4)
  }

  /// What is wanted of a component is that it take an instance of many resource types; what is there takes one of nothing. Compared many times.
  @Test func manyComparisonsOfMuch() {
    let large: [UInt8] = [0x42] + leb(5_000) + (0..<5_000).flatMap { [0x04] + name("r\($0)") + [0x03, 0x01] }
    let wanted: [UInt8] = [0x41, 0x02, 0x01] + large + [0x03] + name("i") + [0x05, 0x00]
    let taken = Self.preamble + section(7, [[0x42, 0x00]]) + section(10, [name("i") + [0x05, 0x00]])
    let taker = Self.preamble + section(7, [wanted]) + section(10, [name("c") + [0x04, 0x00]])
    var components: [UInt8] = []
    for component in [taken, taker] { components += [0x04] + leb(component.count) + component }
    let instances = section(5, (0..<5_000).map { _ in [0x00, 0x01, 0x01, 0x01, 0x63, 0x04, 0x00] })
    let error = refusal(of: Self.preamble + components + instances)
    #expect(error?.message.contains("types too large to compare") == true, "\(error.map { "\($0)" } ?? "accepted")")
  }

  @Test func manyTypes() throws {
    var limits = ComponentLimits()
    limits.types = 10
    let text = "(component " + String(repeating: "(type u8)", count: 20) + ")"
    #expect(try refusal(of: text, limits: limits)?.message == "too many types: 11 found, at most 10 allowed")
  }

  @Test func namesInMessagesAreShortAndVisible() throws {
    let name = "a" + String(repeating: "\u{7}x", count: 50_000)
    let bytes: [UInt8] = Array(name.utf8)
    let contents = [0x01, 0x00] + leb(bytes.count) + bytes + [0x03, 0x01]
    let error = try #require(refusal(of: Self.preamble + [0x0A] + leb(contents.count) + contents))
    #expect(error.message.utf8.count < 2_000)
    #expect(!error.message.utf8.contains(7))
  }

  @Test func namesThatAreTooLong() throws {
    let contents = [0x01, 0x00] + leb(200_000) + [UInt8](repeating: 0x61, count: 200_000) + [0x03, 0x01]
    #expect(refusal(of: Self.preamble + [0x0A] + leb(contents.count) + contents)?.kind == .limit)
  }

  @Test func malformedNamesMakeNoDifference() throws {
    let name: [UInt8] = [0x0E] + Array("component-name".utf8)
    let binary = try ComponentBinary.decode(Self.preamble + [0x00, 0x12] + name + [0xFF, 0xFE, 0x01])
    #expect(binary.names.component == nil)
    let named = try ComponentBinary.decode(Self.preamble + [0x00, 0x13] + name + [0x00, 0x02, 0x01, 0x78])
    #expect(named.names.component == "x")
  }

  private func leb(_ value: Int) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }
}
