/// Writes a component in the binary format (component model, Binary.md): neighbouring definitions of one kind share a section.
struct ComponentWriter: TypeSink {
  enum Section: UInt8 {
    case coreModule = 1, coreInstance, coreType, component, instance, alias, type, canonical, start, `import`, export
  }

  private var bytes: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00]
  private var open: (section: Section, count: Int, contents: [UInt8])?
  /// How long each index space is.
  private var counts: [Sort: UInt32] = [:]

  /// Index spaces, by what stands for them in the binary format.
  enum Sort: Hashable {
    case coreFunction, coreTable, coreMemory, coreModule, coreInstance, coreType
    case function, type, component, instance

    var bytes: [UInt8] {
      switch self {
      case .coreFunction: [0x00, 0x00]
      case .coreTable: [0x00, 0x01]
      case .coreMemory: [0x00, 0x02]
      case .coreType: [0x00, 0x10]
      case .coreModule: [0x00, 0x11]
      case .coreInstance: [0x00, 0x12]
      case .function: [0x01]
      case .type: [0x03]
      case .component: [0x04]
      case .instance: [0x05]
      }
    }
  }

  private mutating func close() {
    guard let open else { return }
    bytes.append(open.section.rawValue)
    let count = leb(UInt32(open.count))
    bytes += leb(UInt32(count.count + open.contents.count)) + count + open.contents
    self.open = nil
  }

  /// - Returns: the new definition's index among those of its sort.
  private mutating func add(_ sort: Sort?, in section: Section, _ contents: [UInt8]) -> UInt32 {
    if open?.section != section {
      close()
      open = (section, 0, [])
    }
    open?.count += 1
    open?.contents += contents
    guard let sort else { return 0 }
    defer { counts[sort, default: 0] += 1 }
    return counts[sort, default: 0]
  }

  mutating func finished() -> [UInt8] {
    close()
    return bytes
  }

  // MARK: Modules and components

  private mutating func whole(_ section: Section, _ sort: Sort, _ contents: [UInt8]) -> UInt32 {
    close()
    bytes.append(section.rawValue)
    bytes += leb(UInt32(contents.count))
    bytes += contents
    defer { counts[sort, default: 0] += 1 }
    return counts[sort, default: 0]
  }

  mutating func coreModule(_ contents: [UInt8]) -> UInt32 { whole(.coreModule, .coreModule, contents) }
  mutating func component(_ contents: [UInt8]) -> UInt32 { whole(.component, .component, contents) }

  mutating func coreType(_ contents: [UInt8]) -> UInt32 { add(.coreType, in: .coreType, contents) }

  // MARK: Instances

  mutating func coreInstance(of module: UInt32, with arguments: [(name: String, instance: UInt32)]) -> UInt32 {
    let list = arguments.map { name($0.name) + [0x12] + leb($0.instance) }
    return add(.coreInstance, in: .coreInstance, [0x00] + leb(module) + vector(list))
  }

  mutating func coreInstance(_ exports: [(name: String, sort: Sort, index: UInt32)]) -> UInt32 {
    // Within a core instance the sort's first byte, which says "core", is not written.
    add(.coreInstance, in: .coreInstance, [0x01] + vector(exports.map { name($0.name) + $0.sort.bytes.dropFirst() + leb($0.index) }))
  }

  mutating func instance(_ exports: [(name: String, sort: Sort, index: UInt32)]) -> UInt32 {
    // Names of exports say what kind of name they are.
    add(.instance, in: .instance, [0x01] + vector(exports.map { [0x00] + name($0.name) + $0.sort.bytes + leb($0.index) }))
  }

  mutating func instance(of component: UInt32, with arguments: [(name: String, sort: Sort, index: UInt32)]) -> UInt32 {
    let list = arguments.map { name($0.name) + $0.sort.bytes + leb($0.index) }
    return add(.instance, in: .instance, [0x00] + leb(component) + vector(list))
  }

  // MARK: Aliases

  mutating func alias(_ sort: Sort, _ exported: String, ofCore instance: UInt32) -> UInt32 {
    add(sort, in: .alias, sort.bytes + [0x01] + leb(instance) + name(exported))
  }

  mutating func alias(_ sort: Sort, _ exported: String, of instance: UInt32) -> UInt32 {
    add(sort, in: .alias, sort.bytes + [0x00] + leb(instance) + name(exported))
  }

  // MARK: Types and functions

  mutating func type(_ contents: [UInt8]) -> UInt32 { add(.type, in: .type, contents) }

  mutating func lift(_ function: UInt32, memory: UInt32, reallocate: UInt32, type: UInt32) -> UInt32 {
    let options = vector([[0x00], [0x03] + leb(memory), [0x04] + leb(reallocate)])
    return add(.function, in: .canonical, [0x00, 0x00] + leb(function) + options + leb(type))
  }

  mutating func lift(_ function: UInt32, type: UInt32) -> UInt32 {
    add(.function, in: .canonical, [0x00, 0x00] + leb(function) + [0x00] + leb(type))
  }

  mutating func lower(_ function: UInt32, memory: UInt32, reallocate: UInt32) -> UInt32 {
    let options = vector([[0x00], [0x03] + leb(memory), [0x04] + leb(reallocate)])
    return add(.coreFunction, in: .canonical, [0x01, 0x00] + leb(function) + options)
  }

  /// Of a function whose values all pass as core values.
  mutating func lower(_ function: UInt32) -> UInt32 { add(.coreFunction, in: .canonical, [0x01, 0x00] + leb(function) + [0x00]) }

  mutating func resourceDrop(_ type: UInt32) -> UInt32 { add(.coreFunction, in: .canonical, [0x03] + leb(type)) }

  mutating func resourceRepresentation(_ type: UInt32) -> UInt32 { add(.coreFunction, in: .canonical, [0x04] + leb(type)) }

  mutating func resourceNew(_ type: UInt32) -> UInt32 { add(.coreFunction, in: .canonical, [0x02] + leb(type)) }

  // MARK: Imports and exports

  enum Description {
    case coreModule(type: UInt32)
    case function(type: UInt32)
    case instance(type: UInt32)
    case equalType(UInt32)
    case resource

    var sort: Sort {
      switch self {
      case .coreModule: .coreModule
      case .function: .function
      case .instance: .instance
      case .equalType, .resource: .type
      }
    }

    var bytes: [UInt8] {
      switch self {
      case .coreModule(let type): [0x00, 0x11] + leb(type)
      case .function(let type): [0x01] + leb(type)
      case .instance(let type): [0x05] + leb(type)
      case .equalType(let type): [0x03, 0x00] + leb(type)
      case .resource: [0x03, 0x01]
      }
    }
  }

  mutating func imported(_ title: String, _ description: Description) -> UInt32 {
    add(description.sort, in: .import, [0x00] + name(title) + description.bytes)
  }

  /// - Returns: the index under which what was exported is known from here on.
  mutating func exported(_ title: String, _ sort: Sort, _ index: UInt32, as description: Description? = nil) -> UInt32 {
    add(sort, in: .export, [0x00] + name(title) + sort.bytes + leb(index) + (description.map { [0x01] + $0.bytes } ?? [0x00]))
  }
}

/// Unsigned LEB128.
func leb(_ value: UInt32) -> [UInt8] {
  var bytes: [UInt8] = []
  var rest = value
  while rest >= 0x80 {
    bytes.append(UInt8(rest & 0x7F) | 0x80)
    rest >>= 7
  }
  return bytes + [UInt8(rest)]
}

/// An index where a negative number would mean something else: signed LEB128.
func signedLEB(_ value: UInt32) -> [UInt8] {
  var bytes = leb(value)
  if bytes[bytes.count - 1] & 0x40 != 0 {
    bytes[bytes.count - 1] |= 0x80
    bytes.append(0)
  }
  return bytes
}

func name(_ text: String) -> [UInt8] { leb(UInt32(text.utf8.count)) + text.utf8 }

func vector(_ items: [[UInt8]]) -> [UInt8] { leb(UInt32(items.count)) + items.joined() }
