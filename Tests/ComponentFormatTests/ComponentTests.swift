import ComponentFormat
import Testing
import WasmFormat
import WasmText

/// What a linker reads of a component.
@Suite struct ComponentTests {
  private static let greeter = """
    (component
      (import "wasi:io/streams@0.2.6" (instance $io
        (export "output-stream" (type $o (sub resource)))
        (export "[method]output-stream.write"
          (func (param "self" (borrow $o)) (param "bytes" (list u8)) (result (result (error string)))))))
      (core module $Libc
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
      (core instance $libc (instantiate $Libc))
      (core func $write (canon lower (func $io "[method]output-stream.write")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding=utf16))
      (core module $Main
        (import "io" "write" (func (param i32 i32 i32 i32)))
        (func (export "greet") (param i32 i32) (result i32) unreachable)
        (func (export "post") (param i32)))
      (core instance $main (instantiate $Main (with "io" (instance (export "write" (func $write))))))
      (func (export "greet") (param "name" string) (result string)
        (canon lift (core func $main "greet") (memory (core memory $libc "memory"))
          (realloc (core func $libc "realloc")) (post-return (core func $main "post")))))
    """

  @Test func indexSpacesSayWhereTheirEntriesComeFrom() throws {
    let binary = try component(Self.greeter)
    let component = binary.component
    #expect(component.imports.map(\.name) == ["wasi:io/streams@0.2.6"])
    guard case .interface(let interface) = component.imports[0].kind else { throw Unexpected(component.imports[0].kind) }
    #expect([interface.namespace, interface.package, interface.interface, interface.version] == ["wasi", "io", "streams", "0.2.6"])
    #expect(component.definedModules.count == 2)
    #expect(component.steps == [.coreInstance(0), .coreInstance(1), .coreInstance(2)])
    guard case .instantiate(module: 1, let arguments) = component.coreInstances[2].origin else {
      throw Unexpected(component.coreInstances[2].origin)
    }
    #expect(arguments.map(\.name) == ["io"] && arguments.map(\.instance) == [1])

    guard case .canonical(.lower(function: 0, let lowered)) = component.coreFunctions[1].origin else {
      throw Unexpected(component.coreFunctions)
    }
    #expect(lowered.encoding == .utf16 && lowered.memory == 0 && lowered.reallocate == 0)
    #expect(component.coreFunctions[1].type == FunctionType(parameters: [.i32, .i32, .i32, .i32]))
    guard case .item(.alias(instance: 0, "[method]output-stream.write")) = component.functions[0].origin else {
      throw Unexpected(component.functions[0])
    }

    let export = try #require(component.exports.first)
    #expect(export.name == "greet" && export.item.sort == .function && export.item.index == 1)
    guard case .lift(let core, let options) = component.functions[1].origin else { throw Unexpected(component.functions[1]) }
    #expect(component.coreFunctions[Int(core)].type == FunctionType(parameters: [.i32, .i32], results: [.i32]))
    #expect(options.postReturn != nil && options.callback == nil && !options.isAsync)
    guard case .item(.exported(0)) = component.functions[2].origin else { throw Unexpected(component.functions[2]) }
  }

  @Test func resourcesAreNewWithEachInstance() throws {
    let binary = try component(
      """
      (component
        (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
        (instance $one (instantiate $c))
        (instance $two (instantiate $c)))
      """)
    let types = binary.types
    let resources = try binary.component.instances.map { instance in
      guard case .type(let id)? = types.instance(instance.type)?.exports["r"] else { throw Unexpected(instance) }
      return try #require(types.resource(id))
    }
    #expect(Set(resources).count == 2)
    let inner = try #require(types.component(binary.component.definedComponents[0].type))
    #expect(inner.definedResources.count == 1 && !resources.contains(inner.definedResources[0]))
    #expect(binary.component.definedComponents[0].resources[inner.definedResources[0]]?.representation == .i32)
  }

  @Test func outerItemsAreFoundByScopeAndIndex() throws {
    let binary = try component("(component (core module $m) (component (component (core instance (instantiate $m)))))")
    let innermost = binary.component.definedComponents[0].definedComponents[0]
    guard case .item(.outer(count: 2, index: 0)) = innermost.coreModules[0].origin else { throw Unexpected(innermost.coreModules[0]) }
  }

  @Test func attributesOfNames() throws {
    let binary = try component(
      """
      (component
        (import "store" (implements "wasi:keyvalue/store@0.2.0") (external-id "users \\u{e9}") (instance))
        (import "a:b/c@0.2" (versionsuffix ".6-rc.1") (instance)))
      """)
    let attributes = binary.component.imports.map(\.attributes)
    #expect(attributes[0].implements?.interface == "store" && attributes[0].externalID == "users \u{e9}")
    #expect(attributes[1].versionSuffix == ".6-rc.1")
  }

  @Test(arguments: [
    ("a:b/c@1", true), ("a:b/c@0.2", true), ("a:b/c@0.0.1", true), ("a:b/c@0.0.0", true), ("a:b/c@0", false), ("a:b/c@0.0", false),
    ("a:b/c@1.2", false), ("a:b/c@01.2.3", false), ("a:b/c@1.2.3-01", false), ("a:b/c@1.2.3-0a", true), ("a:b/c@1.2.3+01", true),
    ("a:b/c@1.2.3-a.b.7+x", true), ("a:b/c", true), ("a:b/C-d1", true), ("a:b", false), ("a:B/c", false), ("[method]a", false),
    ("url=<https://x>", false), ("A-b-C2", true), ("a--b", false), ("1a", false), ("a-1", true), ("aB", false), ("\u{e9}", false),
  ])
  func names(_ name: String, _ isGood: Bool) throws {
    #expect(try (refusal(of: "(component (import \"\(name)\" (func)))") == nil) == isGood, "\(name)")
  }

  /// Resource types that an import would need before anyone could give them to it.
  @Test(arguments: [
    "(type $r (resource (rep i32))) (import \"t\" (type (eq $r)))",
    """
    (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
    (instance $i (instantiate $c)) (alias export $i "r" (type $r)) (import "t" (type (eq $r)))
    """,
    "(type (component (export \"r\" (type $r (sub resource))) (import \"t\" (type (eq $r)))))",
    "(type (component (export \"r\" (type $r (sub resource))) (import \"i\" (instance (export \"t\" (type (eq $r)))))))",
  ])
  func importsCannotUseWhatComesLater(_ definitions: String) throws {
    #expect(try refusal(of: "(component \(definitions))")?.kind == .invalid)
    #expect(try refusal(of: "(component (import \"r\" (type $r (sub resource))) (import \"t\" (type (eq $r))))") == nil)
  }

  struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ found: some Any) { description = "\(found)" }
  }
}
