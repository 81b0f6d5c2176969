/// Encodes components (component-model, Explainer.md) in one pass: a definition uses only what stands before it. What is
/// written within a definition as an abbreviation (a type, an alias, an instance) becomes a definition before it.
struct ComponentTextEncoder {
  var cursor: Cursor
  /// The innermost last.
  var scopes: [ComponentTextScope] = []
  /// How many value types lie around the one being read.
  var depth = 0
  private static let nestingLimit = 200

  init(_ cursor: Cursor) { self.cursor = cursor }

  var scope: ComponentTextScope {
    get { scopes[scopes.count - 1] }
    _modify { yield &scopes[scopes.count - 1] }
  }

  /// The definitions from the cursor up to the token at `end`.
  mutating func component(named name: Spelling?, to end: Int) throws(WatError) -> [UInt8] {
    try enter(.component, name)
    while cursor.position < end { try definition() }
    var inner = scopes.removeLast()
    return inner.component()
  }

  mutating func enter(_ kind: ComponentTextScope.Kind, _ name: Spelling?) throws(WatError) {
    guard scopes.count < Self.nestingLimit else { throw cursor.error("components nest too deep") }
    scopes.append(ComponentTextScope(kind, name: name))
  }

  // MARK: Writing

  /// Writes an item that takes the next index of a sort.
  @discardableResult
  mutating func define(
    _ item: ComponentTextScope.Item, _ bytes: [UInt8], _ sort: ComponentSort, _ name: Spelling? = nil
  ) throws(WatError) -> UInt32 {
    guard let index = scope.bind(name, sort) else { throw cursor.error("duplicate \(sort.keyword) identifier $\(name?.excerpt ?? "")") }
    scope.emit(item, bytes)
    return index
  }

  func encoded(_ write: (inout BinaryWriter) -> Void) -> [UInt8] {
    var writer = BinaryWriter()
    write(&writer)
    return writer.bytes
  }

  // MARK: References

  /// An index or a name.
  mutating func plainIndex(_ sort: ComponentSort) throws(WatError) -> UInt32 {
    let start = cursor.token
    guard let name = try cursor.identifier() else { return try cursor.unsigned32() }
    if let index = scope.index(of: name, sort) ?? scope.outerNames[sort]?[name] { return index }
    return try outerIndex(of: name, sort, at: start)
  }

  /// A name of an outer scope, for which an alias is made.
  private mutating func outerIndex(of name: Spelling, _ sort: ComponentSort, at start: Token) throws(WatError) -> UInt32 {
    for depth in scopes.indices.dropFirst() {
      let outer = scopes[scopes.count - 1 - depth]
      guard let index = outer.index(of: name, sort) else { continue }
      guard sort.isVisibleInside else {
        throw cursor.error("outer item `\(name.excerpt)` is not a module, type, or component", at: start)
      }
      let alias = encoded {
        $0.raw(sort.bytes)
        $0.byte(0x02)
        $0.count(depth)
        $0.unsigned(index)
      }
      let new = try define(.alias, alias, sort)
      scope.outerNames[sort, default: [:]][name] = new
      return new
    }
    throw cursor.error("unknown \(sort.keyword) $\(name.excerpt)", at: start)
  }

  /// An index, a name, or `(sort index "name"*)`, which makes aliases of what an instance exports.
  mutating func reference(_ sort: ComponentSort) throws(WatError) -> UInt32 {
    guard cursor.token.kind == .open else { return try plainIndex(sort) }
    cursor.advance()
    if sort.isCore { _ = cursor.take("core") }
    guard cursor.isKeyword(sort.keyword) else { throw cursor.unexpected() }
    cursor.advance()
    let index = try aliasedIndex(sort)
    try cursor.expectClose()
    return index
  }

  /// `index "name"*`
  mutating func aliasedIndex(_ sort: ComponentSort) throws(WatError) -> UInt32 {
    guard cursor.peek().kind == .string else { return try plainIndex(sort) }
    // Core modules are exported by instances of components, all other core items by those of modules.
    guard !sort.isCore || sort == .coreModule else {
      let instance = try plainIndex(.coreInstance)
      return try define(.alias, coreAlias(sort, instance, try cursor.name()), sort)
    }
    var instance = try plainIndex(.instance)
    while true {
      let name = try cursor.name()
      guard cursor.token.kind == .string else { return try define(.alias, exportAlias(sort, instance, name), sort) }
      instance = try define(.alias, exportAlias(.instance, instance, name), .instance)
    }
  }

  func coreAlias(_ sort: ComponentSort, _ instance: UInt32, _ name: [UInt8]) -> [UInt8] {
    encoded {
      $0.raw(sort.bytes)
      $0.byte(0x01)
      $0.unsigned(instance)
      $0.sized(name)
    }
  }

  func exportAlias(_ sort: ComponentSort, _ instance: UInt32, _ name: [UInt8]) -> [UInt8] {
    encoded {
      $0.raw(sort.bytes)
      $0.byte(0x00)
      $0.unsigned(instance)
      $0.sized(name)
    }
  }

  /// `(sort index "name"*)`, as a sort and an index.
  mutating func sortIndex(isCore: Bool = false) throws(WatError) -> (sort: ComponentSort, index: UInt32) {
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    cursor.advance()
    let sort = try cursor.sort(isCore: isCore)
    let index = try aliasedIndex(sort)
    try cursor.expectClose()
    return (sort, index)
  }

  // MARK: Definitions

  mutating func definition() throws(WatError) {
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    cursor.advance()
    if cursor.take("core") {
      try coreDefinition()
    } else if cursor.take("component") {
      try componentDefinition()
    } else if cursor.take("instance") {
      try instanceDefinition()
    } else if cursor.take("alias") {
      try alias()
    } else if cursor.take("type") {
      try typeDefinition()
    } else if cursor.take("canon") {
      try canonicalDefinition()
    } else if cursor.take("func") {
      try functionDefinition()
    } else if cursor.take("import") {
      try importDefinition()
    } else if cursor.take("export") {
      try exportDefinition()
    } else {
      throw cursor.unexpected()
    }
    try cursor.expectClose()
  }

  private mutating func coreDefinition() throws(WatError) {
    if cursor.take("module") {
      try coreModule()
    } else if cursor.take("instance") {
      let name = try cursor.identifier()
      try coreInstance(name)
    } else if cursor.take("type") {
      let name = try cursor.identifier()
      try define(.coreType, try coreType(), .coreType, name)
    } else {
      try coreItem()
    }
  }

  /// `(core func $f (canon ...))`, `(core memory $m (alias core export ...))`: the definition inside, with its name outside.
  private mutating func coreItem() throws(WatError) {
    let sort = try cursor.sort(isCore: true)
    let name = try cursor.identifier()
    if sort == .coreFunction, cursor.takeOpen("canon") {
      let bytes = try canonicalFunction()
      try define(.canonical, bytes, .coreFunction, name)
    } else {
      try cursor.expectOpen("alias")
      guard cursor.take("core"), cursor.take("export") else { throw cursor.unexpected() }
      let instance = try plainIndex(.coreInstance)
      try define(.alias, coreAlias(sort, instance, try cursor.name()), sort, name)
    }
    try cursor.expectClose()
  }

  private mutating func coreModule() throws(WatError) {
    let name = try cursor.identifier()
    let exports = try inlineExports()
    if let imported = try inlineImport() {
      try importItem(imported, .coreModule, name) { (this: inout ComponentTextEncoder) throws(WatError) in
        try this.coreModuleType()
      }
    } else {
      let form = try ModuleForm(&cursor, name: name, to: try closingPosition())
      guard let bytes = try form.encoded() else { throw cursor.error("a quoted module cannot stand in a component") }
      try define(.coreModule, bytes, .coreModule, name)
    }
    try export(exports, .coreModule)
  }

  private mutating func componentDefinition() throws(WatError) {
    let name = try cursor.identifier()
    let exports = try inlineExports()
    if let imported = try inlineImport() {
      try importItem(imported, .component, name) { (this: inout ComponentTextEncoder) throws(WatError) in
        try this.scopedTypeIndex(0x41)
      }
    } else {
      let end = try closingPosition()
      try define(.component, try component(named: name, to: end), .component, name)
    }
    try export(exports, .component)
  }

  /// The position of the parenthesis that closes the form in which the cursor is.
  func closingPosition() throws(WatError) -> Int {
    var cursor = cursor
    while cursor.token.kind != .close {
      guard cursor.token.kind != .end else { throw cursor.unexpected() }
      cursor.skipForm()
    }
    return cursor.position
  }

  private mutating func alias() throws(WatError) {
    if cursor.take("core") {
      guard cursor.take("export") else { throw cursor.unexpected() }
      let instance = try plainIndex(.coreInstance)
      let export = try cursor.name()
      let (sort, name) = try aliasTarget()
      try define(.alias, coreAlias(sort, instance, export), sort, name)
    } else if cursor.take("export") {
      let instance = try plainIndex(.instance)
      let export = try cursor.name()
      let (sort, name) = try aliasTarget()
      try define(.alias, exportAlias(sort, instance, export), sort, name)
    } else if cursor.take("outer") {
      try outerAlias()
    } else {
      throw cursor.unexpected()
    }
  }

  /// `(sort $name?)`
  private mutating func aliasTarget() throws(WatError) -> (ComponentSort, Spelling?) {
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    cursor.advance()
    let sort = try cursor.sort()
    let name = try cursor.identifier()
    try cursor.expectClose()
    return (sort, name)
  }

  private mutating func outerAlias() throws(WatError) {
    let count = try outerCount()
    let target = cursor.token
    let name = try cursor.identifier()
    let number = name == nil ? try cursor.unsigned32() : 0
    let (sort, alias) = try aliasTarget()
    let index = try outerTarget(name, number, sort, count, at: target)
    let bytes = encoded {
      $0.raw(sort.bytes)
      $0.byte(0x02)
      $0.unsigned(count)
      $0.unsigned(index)
    }
    try define(.alias, bytes, sort, alias)
  }

  /// A number of scopes outwards, or the name of one.
  mutating func outerCount() throws(WatError) -> UInt32 {
    let start = cursor.token
    guard let name = try cursor.identifier() else { return try cursor.unsigned32() }
    for (depth, scope) in scopes.reversed().enumerated() where scope.name == name { return UInt32(truncatingIfNeeded: depth) }
    throw cursor.error("unknown component $\(name.excerpt)", at: start)
  }

  func outerTarget(
    _ name: Spelling?, _ number: UInt32, _ sort: ComponentSort, _ count: UInt32, at start: Token
  ) throws(WatError) -> UInt32 {
    guard let name else { return number }
    let depth = Int(count)
    guard depth < scopes.count else { throw cursor.error("invalid outer alias count of \(count)", at: start) }
    let outer = scopes[scopes.count - 1 - depth]
    guard let index = outer.index(of: name, sort) ?? outer.outerNames[sort]?[name] else {
      throw cursor.error("unknown \(sort.keyword) $\(name.excerpt)", at: start)
    }
    return index
  }
}
