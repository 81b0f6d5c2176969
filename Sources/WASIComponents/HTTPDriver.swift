/// The component that calls a `wasi:http/incoming-handler`: a command that takes one request from the node, has it handled, and sees to it that
/// the answer is whole. It is linked around the user's component, which knows nothing of it.
struct HTTPDriver {
  private var writer = ComponentWriter()

  /// ```wat
  /// (component
  ///   (import "wasi:http/types@0.2.12" (instance (export "incoming-request" (type (sub resource))) ...))
  ///   (import "coffer:node/requests@0.2.12" (instance (export "request" (func (result (own incoming-request)))) ...))
  ///   (import "wasi:http/incoming-handler@0.2.12" (instance (export "handle" (func (param "request" ...) (param "response-out" ...)))))
  ///   ...
  ///   (export "wasi:cli/run@0.2.12" (instance (export "run" (func (result (result)))))))
  /// ```
  mutating func binary() -> [UInt8] {
    var types = InstanceTypeWriter()
    for resource in Self.resources { _ = types.exported(resource, .resource) }
    let http = writer.imported(WASIComponents.exportName(of: "http/types"), .instance(type: writer.type(types.contents)))
    let resources = Self.resources.map { writer.alias(.type, $0, of: http) }

    let node = imported(WASIInterfaces.nodeInterface, resources) { own, type in
      let finished = type.type([0x6A, 0x00, 0x00])
      return [
        ("request", [0x40, 0x00, 0x00] + own[0]), ("response", [0x40, 0x00, 0x00] + own[1]),
        ("finish", [0x40, 0x00, 0x00] + signedLEB(finished)),
      ]
    }
    let handler = imported("http/incoming-handler", resources) { own, _ in
      [("handle", [0x40] + vector([name("request") + own[0], name("response-out") + own[1]]) + [0x01, 0x00])]
    }
    let functions = [("request", node), ("response", node), ("finish", node), ("handle", handler)].map { title, instance in
      (name: title, sort: ComponentWriter.Sort.coreFunction, index: writer.lower(writer.alias(.function, title, of: instance)))
    }
    let main = writer.coreInstance(of: writer.coreModule(Self.module), with: [("", writer.coreInstance(functions))])
    let result = writer.type([0x6A, 0x00, 0x00])
    let type = writer.type([0x40, 0x00, 0x00] + signedLEB(result))
    let run = writer.lift(writer.alias(.coreFunction, "run", ofCore: main), type: type)
    _ = writer.exported(WASIComponents.exportName(of: "cli/run"), .instance, writer.instance([("run", .function, run)]))
    return writer.finished()
  }

  private static let resources = ["incoming-request", "response-outparam"]

  /// An interface whose functions mention what is owned of the two resources.
  private mutating func imported(
    _ interface: String, _ resources: [UInt32], _ functions: (_ own: [[UInt8]], inout InstanceTypeWriter) -> [(name: String, type: [UInt8])]
  ) -> UInt32 {
    var types = InstanceTypeWriter()
    let own = zip(Self.resources, resources).map { title, resource in
      let named = types.exported(title, .equalType(types.outer(resource)))
      return signedLEB(types.type([0x69] + leb(named)))
    }
    for function in functions(own, &types) {
      _ = types.exported(function.name, .function(type: types.type(function.type)))
    }
    return writer.imported(WASIComponents.exportName(of: interface), .instance(type: writer.type(types.contents)))
  }

  /// ```wat
  /// (module
  ///   (import "" "request" (func (result i32)))
  ///   (import "" "response" (func (result i32)))
  ///   (import "" "handle" (func (param i32 i32)))
  ///   (import "" "finish" (func (result i32)))
  ///   (func (export "run") (result i32)
  ///     (call 2 (call 0) (call 1))
  ///     (call 3)))
  /// ```
  private static let module: [UInt8] =
    [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]
    + [0x01, 0x0A, 0x02, 0x60, 0x00, 0x01, 0x7F, 0x60, 0x02, 0x7F, 0x7F, 0x00]
    + section(0x02, vector([("request", UInt8(0)), ("response", 0), ("handle", 1), ("finish", 0)].map { [0x00] + name($0.0) + [0x00, $0.1] }))
    + [0x03, 0x02, 0x01, 0x00]
    + section(0x07, vector([name("run") + [0x00, 0x04]]))
    + section(0x0A, vector([[0x0A, 0x00, 0x10, 0x00, 0x10, 0x01, 0x10, 0x02, 0x10, 0x03, 0x0B]]))

  private static func section(_ number: UInt8, _ contents: [UInt8]) -> [UInt8] { [number] + leb(UInt32(contents.count)) + contents }
}

extension WASIComponents {
  /// A command that answers one HTTP request, of the node's, by what a component exports as `wasi:http/incoming-handler`. It is to be linked
  /// with ``standard`` before, and around, that component.
  public static let httpDriver: [UInt8] = {
    var driver = HTTPDriver()
    return driver.binary()
  }()
}
