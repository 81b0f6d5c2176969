/// Core instances and instances (Explainer, "Instance Definitions").
extension ComponentTextEncoder {
  /// Behind `(core instance $name?`.
  @discardableResult
  mutating func coreInstance(_ name: Spelling?) throws(WatError) -> UInt32 {
    guard cursor.takeOpen("instantiate") else { return try coreBag(name) }
    let module = try reference(.coreModule)
    var arguments = BinaryWriter()
    var count = 0
    while cursor.takeOpen("with") {
      let argument = try cursor.name()
      let instance = try coreArgument()
      arguments.sized(argument)
      arguments.byte(0x12)
      arguments.unsigned(instance)
      count += 1
      try cursor.expectClose()
    }
    try cursor.expectClose()
    let bytes = encoded {
      $0.byte(0x00)
      $0.unsigned(module)
      $0.count(count)
      $0.raw(arguments.bytes)
    }
    return try define(.coreInstance, bytes, .coreInstance, name)
  }

  /// `(instance $i)`, or `(instance (export ...)*)`, which becomes an instance of its own.
  private mutating func coreArgument() throws(WatError) -> UInt32 {
    try cursor.expectOpen("instance")
    let index = cursor.isIndex ? try plainIndex(.coreInstance) : try coreBag(nil)
    try cursor.expectClose()
    return index
  }

  private mutating func coreBag(_ name: Spelling?) throws(WatError) -> UInt32 {
    var exports = BinaryWriter()
    var count = 0
    while cursor.takeOpen("export") {
      let export = try cursor.name()
      let item = try sortIndex(isCore: true)
      exports.sized(export)
      // Without the byte that says that the sort is a core one.
      exports.raw(item.sort.bytes.dropFirst())
      exports.unsigned(item.index)
      count += 1
      try cursor.expectClose()
    }
    let bytes = encoded {
      $0.byte(0x01)
      $0.count(count)
      $0.raw(exports.bytes)
    }
    return try define(.coreInstance, bytes, .coreInstance, name)
  }

  /// Behind `(instance`.
  mutating func instanceDefinition() throws(WatError) {
    let name = try cursor.identifier()
    let exports = try inlineExports()
    if let imported = try inlineImport() {
      try importItem(imported, .instance, name) { (this: inout ComponentTextEncoder) throws(WatError) in
        try this.scopedTypeIndex(0x42)
      }
    } else if try !inlineAlias(.instance, name) {
      try instance(name)
    }
    try export(exports, .instance)
  }

  /// `(alias export i "n")` as the body of a definition.
  mutating func inlineAlias(_ sort: ComponentSort, _ name: Spelling?) throws(WatError) -> Bool {
    guard cursor.takeOpen("alias") else { return false }
    guard cursor.take("export") else { throw cursor.unexpected() }
    let instance = try plainIndex(.instance)
    let export = try cursor.name()
    try cursor.expectClose()
    try define(.alias, exportAlias(sort, instance, export), sort, name)
    return true
  }

  private mutating func instance(_ name: Spelling?) throws(WatError) {
    guard cursor.takeOpen("instantiate") else {
      _ = try bag(name)
      return
    }
    let component = try reference(.component)
    var arguments = BinaryWriter()
    var count = 0
    while cursor.takeOpen("with") {
      let argument = try cursor.name()
      let item = try self.argument()
      arguments.sized(argument)
      arguments.raw(item.sort.bytes)
      arguments.unsigned(item.index)
      count += 1
      try cursor.expectClose()
    }
    try cursor.expectClose()
    let bytes = encoded {
      $0.byte(0x00)
      $0.unsigned(component)
      $0.count(count)
      $0.raw(arguments.bytes)
    }
    try define(.instance, bytes, .instance, name)
  }

  private mutating func argument() throws(WatError) -> (sort: ComponentSort, index: UInt32) {
    let next = cursor.peek(2).kind
    guard cursor.isOpen("instance"), next == .open || next == .close else { return try sortIndex() }
    try cursor.expectOpen("instance")
    let index = try bag(nil)
    try cursor.expectClose()
    return (.instance, index)
  }

  private mutating func bag(_ name: Spelling?) throws(WatError) -> UInt32 {
    var exports = BinaryWriter()
    var count = 0
    while cursor.takeOpen("export") {
      let export = try attributedName()
      let item = try sortIndex()
      exports.raw(export)
      exports.raw(item.sort.bytes)
      exports.unsigned(item.index)
      count += 1
      try cursor.expectClose()
    }
    let bytes = encoded {
      $0.byte(0x01)
      $0.count(count)
      $0.raw(exports.bytes)
    }
    return try define(.instance, bytes, .instance, name)
  }
}
