// sources: Sources/WasmFormat Sources/ComponentFormat
// seed: 0061736d0d000100
// seed: 0061736d0d000100015c0061736d0100000001130360047f7f7f7f017f60027f7f017f60017f000304030001020503010001071904036d656d0200077265616c6c6f63000001660001016400020a0c030300000b0300000b02000b0009046e616d650002016d0204010000000607010000010001640705013f7f01000b07010001720300000803010200071204707369016b03720301617d0162020163040b0901000372656303050007080140010178730006061b0300000100016600020100036d656d00000100077265616c6c6f63080a010000020203000403070b0701000166010000043a0061736d0d00010007280142040400017403010168000140010473656c6601010004000c5b6d6574686f645d742e676f01020a0601000178050007120271020170017700017100006e020175017605080101010001760308
// seed: 0061736d0d0001000a060100017403010739014204040008706f6c6c61626c6503010168000140010473656c6601007f0400165b6d6574686f645d706f6c6c61626c652e726561647901020a17010012776173693a696f2f706f6c6c40302e322e300501060d0103000008706f6c6c61626c6504380061736d0d0001000a06010001740301031401500301600000000161016200000301630200010a070100016d0011000b0701000175030000011f0061736d010000000503010002070501016302000009046e616d650002016d050d0100000201740300016d0011000b0b010005616761696e050100073601410801420104000165030103000169050001637379016f027d75016d0201610162016a01020103014301016b010004040001660105
// seed: 0061736d0d000100016b0061736d0100000001140360047f7f7f7f017f6000017f60037f7f7f017f0304030001020404017000010503010001072005036d656d020001740100077265616c6c6f6300000372756e000102636200020a0d030300000b0300000b0300000b0009046e616d650002016d02040100000006090100020100036d656d070a0366017d677d03650101081a060e000f00020603001702010300180201090073010300200100060d0100000100077265616c6c6f630807011d020300040603050160017f0006070100010100017408040127000007050143000079061002000001000372756e000001000263620809010000090206070a030b08010002676f010000
import ComponentFormat
import WasmFormat

/// Whatever the bytes are: no trap, no hang, no memory out of proportion, and what has been accepted can be walked.
@_cdecl("LLVMFuzzerTestOneInput")
public func decodeComponent(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: data, count: count))
  do {
    let binary = try ComponentBinary.decode(bytes)
    precondition(binary.types.component(binary.component.type) != nil, "a component without a component type")
    walk(binary.component, in: binary, depth: 0)
  } catch {
    precondition((0...count).contains(error.offset), "error outside the component")
    precondition(error.description.utf8.count < 4_000, "error message out of proportion")
  }
  return 0
}

private func walk(_ component: Component, in binary: ComponentBinary, depth: Int) {
  precondition(depth < ComponentLimits.default.nestingDepth, "nested beyond the limit")
  precondition(component.range.clamped(to: binary.bytes.indices) == component.range, "a component outside the file")
  for module in component.definedModules {
    precondition(module.range.clamped(to: component.range) == module.range, "a module outside its component")
    precondition(module.range.count == module.module.bytes.count)
  }
  for type in component.types { visit(type, in: binary.types) }
  for function in component.functions {
    guard let type = binary.types.function(function.type) else { preconditionFailure("a function without a function type") }
    let lowering = FunctionLowering(type, isAsync: false, hasCallback: false, .lower, in: binary.types)
    precondition(lowering.core.parameters.count <= ValueLayout.flatParameterLimit + 1)
    if case .lift(let core, _) = function.origin { precondition(Int(core) < component.coreFunctions.count) }
  }
  for instance in component.instances {
    precondition(binary.types.instance(instance.type) != nil, "an instance without an instance type")
    if case .instantiate(let index, _) = instance.origin { precondition(Int(index) < component.components.count) }
  }
  for instance in component.coreInstances {
    if case .instantiate(let index, _) = instance.origin { precondition(Int(index) < component.coreModules.count) }
  }
  for function in component.coreFunctions {
    if case .export(let instance, let name) = function.origin {
      precondition(component.coreInstances[Int(instance)].exports[name] != nil, "an alias of no export")
    }
  }
  for nested in component.definedComponents { walk(nested, in: binary, depth: depth + 1) }
}

private func visit(_ id: TypeID, in types: TypeTable) {
  guard case .value(let type) = types[id] else { return }
  let layout = types.layout(of: .defined(id))
  precondition(layout.size < 1 << 28 && layout.alignment > 0 && layout.size % layout.alignment == 0, "no layout")
  for case .defined(let part) in type.parts { precondition(part.index < id.index, "a type made of later ones") }
}
