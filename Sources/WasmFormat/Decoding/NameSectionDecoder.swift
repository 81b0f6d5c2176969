extension NameSection {
  /// Reads the first custom section called "name" (specification 7.4.1). Names mean nothing, so whatever is wrong with
  /// them must not make a difference: a malformed section counts as none.
  init(of module: Module) {
    self.init()
    guard let section = module.customSections.first(where: { $0.name.utf8.elementsEqual("name".utf8) }) else { return }
    if let names = try? NameSection(section, of: module) { self = names }
  }

  private init(_ section: CustomSection, of module: Module) throws(WasmError) {
    self.init()
    var reader = ByteReader(bytes: module.bytes, range: section.range)
    var last = -1
    while !reader.isAtEnd {
      let start = reader.position
      let id = Int(try reader.byte())
      guard id > last else { throw .malformed("unexpected content: name subsection \(id)", at: start) }
      last = id
      let range = try reader.skip(try reader.length())
      var subsection = ByteReader(bytes: module.bytes, range: range)
      switch id {
      case 0: self.module = try subsection.name()
      case 1: functions = try subsection.nameMap(below: module.functionCount)
      default: continue  // Local names, and what later proposals name.
      }
      guard subsection.isAtEnd else { throw .malformed("section size mismatch", at: range.lowerBound) }
    }
  }
}

extension ByteReader {
  /// A name map (7.4.2): indices ascend, and those beyond the index space are dropped, so it cannot outgrow that.
  fileprivate mutating func nameMap(below limit: Int) throws(WasmError) -> [UInt32: String] {
    var names: [UInt32: String] = [:]
    var last = -1
    for _ in 0..<(try length()) {
      let start = position
      let index = try unsigned32()
      guard Int(index) > last else { throw .malformed("malformed name map", at: start) }
      last = Int(index)
      let name = try name()
      if last < limit { names[index] = name }
    }
    return names
  }
}
