import ComponentFormat
import ComponentLinking
import Testing
import WasmFormat
import WasmText

@Suite struct ComponentLinkerTests {
  static func link(_ text: String, limits: LinkingLimits = LinkingLimits()) throws -> LinkedComponent {
    try ComponentLinker.link(try ComponentBinary.decode(try Wat.encodeComponent(Array(text.utf8))), limits: limits)
  }

  /// A component that takes a value of a type by memory, and one that gives it.
  static func passing(_ type: String, definitions: String = "") -> String {
    let options = "(memory (core memory $m \"mem\")) (realloc (core func $m \"realloc\"))"
    let library = "(memory (export \"mem\") 1) (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0))"
    return """
      (component
        \(definitions)
        (component $C
          (core module $M \(library) (func (export "take") (param i32 i32)))
          (core instance $m (instantiate $M))
          (func (export "take") (param "x" (list \(type))) (canon lift (core func $m "take") \(options))))
        (component $D
          (import "take" (func $take (param "x" (list \(type)))))
          (core module $L \(library))
          (core instance $m (instantiate $L))
          (core func $take' (canon lower (func $take) \(options)))
          (core module $M (import "" "take" (func $take (param i32 i32))) (func (export "run") (call $take (i32.const 0) (i32.const 1))))
          (core instance $main (instantiate $M (with "" (instance (export "take" (func $take'))))))
          (func (export "run") (canon lift (core func $main "run"))))
        (instance $c (instantiate $C))
        (instance $d (instantiate $D (with "take" (func $c "take"))))
        (func (export "run") (alias export $d "run")))
      """
  }

  @Test func everyImportIsOfAnEarlierInstance() throws {
    let linked = try Self.link(Self.passing("(tuple string (option u64))"))
    for (number, instance) in linked.instances.enumerated() {
      #expect(instance.imports.count == instance.module.imports.count)
      for case .export(let other, let name) in instance.imports {
        #expect(other < number)
        #expect(linked.instances[other].module.export(named: name.description) != nil)
      }
    }
    #expect(linked.functions.map(\.path) == [["run"]])
    #expect(linked.instances.filter { !$0.isAdapter }.count == 3)
  }

  @Test func linkingTwiceGivesTheSameBytes() throws {
    let text = Self.passing("(tuple string (list (list char)) (result u8 (error string)))")
    let (one, two) = (try Self.link(text), try Self.link(text))
    #expect(one.instances.map(\.module.bytes) == two.instances.map(\.module.bytes))
    #expect(one.instances.map(\.imports) == two.instances.map(\.imports))
  }

  @Test func aDoorIsMadeOnlyForWhatNeedsIt() throws {
    let module = "(core module $M (memory (export \"mem\") 1) (func (export \"f\") (param i32 i32)) (func (export \"g\") (param i32)))"
    let start = "(component \(module) (core instance $m (instantiate $M))"
    let number = try Self.link(start + "(func (export \"g\") (param \"x\" u32) (canon lift (core func $m \"g\"))))")
    #expect(number.door == nil)
    #expect(number.instances.count == 3)
    let module2 = "(core module $R (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0)))"
    let text = try Self.link(
      start + module2 + "(core instance $r (instantiate $R)) (func (export \"f\") (param \"x\" string) "
        + "(canon lift (core func $m \"f\") (memory (core memory $m \"mem\")) (realloc (core func $r \"realloc\")))))")
    #expect(text.door != nil)
  }

  // MARK: Hostile components

  /// Each type is two of the one before: written out, 2^18.
  @Test(arguments: [("(tuple $t0 $t0)", 18), ("(result $t0 (error $t0))", 18)])
  func sharingDoesNotExplode(pair: String, levels: Int) throws {
    var definitions = "(type $t0 (tuple string char))"
    for level in 1...levels { definitions += "(type $t\(level) \(pair.replacing("$t0", with: "$t\(level - 1)")))" }
    let linked = try Self.link(Self.passing("$t\(levels)", definitions: definitions))
    #expect(linked.instances.reduce(0) { $0 + $1.module.bytes.count } < 30_000)
  }

  /// As core values there are at most 16, but ever so many ways to them.
  @Test func sharedCasesDoNotExplodeAsCoreValues() throws {
    var definitions = "(type $t0 (tuple u32 char))"
    for level in 1...14 { definitions += "(type $t\(level) (result $t\(level - 1) (error $t\(level - 1))))" }
    let parameters = [String](repeating: "i32", count: 16).joined(separator: " ")
    let linked = try Self.link(
      "(component \(definitions) (core module $M (func (export \"f\") (param \(parameters)))) (core instance $m (instantiate $M)) "
        + "(func (export \"f\") (param \"x\" $t14) (canon lift (core func $m \"f\"))))")
    #expect(linked.functions.count == 1)
    #expect(linked.instances.reduce(0) { $0 + $1.module.bytes.count } < 30_000)
  }

  @Test func instancesAreCounted() throws {
    var text = "(component (component $c0 (core module $M) (core instance (instantiate $M)))"
    for level in 1...40 {
      text += "(component $c\(level) (alias outer 1 $c\(level - 1) (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))"
    }
    text += "(instance (instantiate $c40)))"
    let error = #expect(throws: LinkingError.self) { try Self.link(text) }
    #expect(error?.kind == .limit)
    #expect(error?.description == "more than 10000 component instances")
  }

  /// Each instance has index spaces of its own: few instances of what is large are as much as many of what is small.
  @Test func whatInstancesAreMadeOfIsCounted() throws {
    var text = "(component (component $c0 (core module $M (func (export \"f\"))) (core instance $m (instantiate $M)) "
    for _ in 0..<2_000 { text += "(func (canon lift (core func $m \"f\")))" }
    text += ")"
    for level in 1...12 {
      text += "(component $c\(level) (alias outer 1 $c\(level - 1) (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))"
    }
    let error = #expect(throws: LinkingError.self) { try Self.link(text + "(instance (instantiate $c12)))") }
    #expect(error?.kind == .limit)
    #expect(error?.description == "more than 4000000 items in all component instances")
  }

  @Test func longChainsOfAliasesAreNoRecursion() throws {
    var text = "(component (component $C (core module $M (func (export \"f\"))) (core instance $m (instantiate $M)) "
    text += "(func $f0 (export \"f\") (canon lift (core func $m \"f\")))) (instance $i0 (instantiate $C))"
    for number in 1...3000 { text += "(instance $i\(number) (export \"f\" (func $i\(number - 1) \"f\")))" }
    text += "(func (export \"f\") (alias export $i3000 \"f\")))"
    #expect(try Self.link(text).functions.count == 1)
  }

  // MARK: What is refused

  @Test func unknownImportsAreNamed() {
    let error = #expect(throws: LinkingError.self) { try Self.link("(component (import \"wasi:cli/run@0.2.0\" (func)))") }
    #expect(error?.kind == .unknownImport)
    #expect(error?.description == "unknown import: nothing offers \"wasi:cli/run@0.2.0\"")
  }

  @Test func asynchronousFunctionsAreRefusedByName() {
    let error = #expect(throws: LinkingError.self) {
      try Self.link(
        "(component (core module $M (func (export \"f\"))) (core instance $m (instantiate $M)) "
          + "(func (export \"slow\") async (canon lift (core func $m \"f\") async)))")
    }
    #expect(error?.kind == .unsupported)
    #expect(error?.description == "the function \"slow\": functions lifted with \"async\" are not supported")
  }

  /// Of a component that nobody outside calls by it, the rest can be used.
  @Test func asynchronousFunctionsInsideAreNoted() throws {
    let linked = try Self.link(
      """
      (component
        (component $C
          (core module $M (func (export "f")) (func (export "g")))
          (core instance $m (instantiate $M))
          (func (export "slow") async (canon lift (core func $m "f") async))
          (func (export "fast") (canon lift (core func $m "g"))))
        (instance $c (instantiate $C))
        (core func $slow (canon lower (func $c "slow")))
        (core module $N (import "" "slow" (func)))
        (core instance (instantiate $N (with "" (instance (export "slow" (func $slow))))))
        (func (export "fast") (alias export $c "fast")))
      """)
    #expect(linked.unsupported == ["canon lift async"])
    #expect(linked.functions.map(\.path) == [["fast"]])
  }

  @Test func asynchronousBuiltInsAreNoted() throws {
    let linked = try Self.link(
      "(component (core func $y (canon subtask.drop)) (core module $M (import \"\" \"y\" (func (param i32)))) "
        + "(core instance (instantiate $M (with \"\" (instance (export \"y\" (func $y)))))))")
    #expect(linked.unsupported == ["subtask.drop"])
  }
}

@Suite struct MissingImportsTests {
  private static let text = """
    (component
      (import "wasi:cli/thing@0.2.0" (instance $t
        (export "r" (type $r (sub resource)))
        (export "get" (func (result (own $r))))
        (export "many" (func (param "x" (list string))))))
      (alias export $t "r" (type $r))
      (core module $L (memory (export "mem") 1))
      (core instance $l (instantiate $L))
      (core func $get (canon lower (func $t "get")))
      (core func $many (canon lower (func $t "many") (memory (core memory $l "mem"))))
      (core func $drop (canon resource.drop $r))
      (core module $M
        (import "" "get" (func $get (result i32)))
        (import "" "many" (func (param i32 i32)))
        (import "" "drop" (func (param i32)))
        (func (export "run") (drop (call $get))))
      (core instance $m (instantiate $M (with "" (instance
        (export "get" (func $get)) (export "many" (func $many)) (export "drop" (func $drop))))))
      (func (export "run") (canon lift (core func $m "run"))))
    """

  @Test func areRefusedUnlessAskedFor() {
    let error = #expect(throws: LinkingError.self) { try ComponentLinkerTests.link(Self.text) }
    #expect(error?.description == "unknown import: nothing offers \"wasi:cli/thing@0.2.0\"")
  }

  /// The trap's message names the function in which it happens.
  @Test func becomeFunctionsThatTrapUnderTheirNames() throws {
    let binary = try ComponentBinary.decode(try Wat.encodeComponent(Array(Self.text.utf8)))
    let linked = try ComponentLinker.link(binary, missingImports: .trap)
    #expect(linked.missing == ["wasi:cli/thing@0.2.0"])
    let names = linked.instances.filter(\.isAdapter).flatMap { Array($0.module.names.functions.values) }
    #expect(names.contains("missing import wasi:cli/thing@0.2.0#get"))
    #expect(names.contains("missing import wasi:cli/thing@0.2.0#many"))
  }
}
