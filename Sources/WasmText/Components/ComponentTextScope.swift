/// What is written of a component, a component type or an instance type, and the names that are bound in it.
struct ComponentTextScope {
  enum Kind { case component, type }

  /// What stands in a section of a component, or is a declaration of a type.
  enum Item: UInt8 {
    case coreModule = 1
    case coreInstance = 2
    case coreType = 3
    case component = 4
    case instance = 5
    case alias = 6
    case type = 7
    case canonical = 8
    case `import` = 10
    case export = 11

    /// Such a section holds one of its kind, without a count.
    var standsAlone: Bool { self == .coreModule || self == .component }

    /// The byte of a declaration; nil for what no type declares.
    var declaration: UInt8? {
      switch self {
      case .coreType: 0x00
      case .type: 0x01
      case .alias: 0x02
      case .import: 0x03
      case .export: 0x04
      default: nil
      }
    }
  }

  let kind: Kind
  let name: Spelling?
  private var spaces: [ComponentSort: IndexSpace] = [:]
  /// What names of outer scopes have become here.
  var outerNames: [ComponentSort: [Spelling: UInt32]] = [:]

  private var finished = BinaryWriter()
  private var section: Item?
  private var items = BinaryWriter()
  private var count = 0

  init(_ kind: Kind, name: Spelling?) {
    self.kind = kind
    self.name = name
    for sort in ComponentSort.allCases { spaces[sort] = IndexSpace(sort.keyword) }
  }

  /// The next index of a sort; nil when the name is taken.
  mutating func bind(_ name: Spelling?, _ sort: ComponentSort) -> UInt32? { spaces[sort]?.bind(name) ?? nil }

  func index(of name: Spelling, _ sort: ComponentSort) -> UInt32? { spaces[sort]?.index(of: name) }

  /// The index that was taken last.
  func lastIndex(_ sort: ComponentSort) -> UInt32? {
    guard let count = spaces[sort]?.count, count > 0 else { return nil }
    return count - 1
  }

  /// Writes an item. In a type, what cannot be declared gets a byte that no decoder takes.
  mutating func emit(_ item: Item, _ bytes: [UInt8]) {
    guard kind == .component else {
      items.byte(item.declaration ?? .max)
      items.raw(bytes)
      count += 1
      return
    }
    if section != item || item.standsAlone { flush() }
    section = item
    items.raw(bytes)
    count += 1
    if item.standsAlone { flush() }
  }

  private mutating func flush() {
    guard let section, count > 0 else { return }
    var contents = BinaryWriter()
    if !section.standsAlone { contents.count(count) }
    contents.raw(items.takeAll())
    finished.byte(section.rawValue)
    finished.sized(contents.bytes)
    self.section = nil
    count = 0
  }

  /// The component as a binary.
  mutating func component() -> [UInt8] {
    flush()
    return [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00] + finished.bytes
  }

  /// The declarations, with their number in front.
  mutating func declarations() -> [UInt8] {
    var writer = BinaryWriter()
    writer.count(count)
    writer.raw(items.takeAll())
    return writer.bytes
  }
}
