/// Functions and canonical definitions (Explainer, "Canonical Definitions").
extension ComponentTextEncoder {
  /// Behind `(func`.
  mutating func functionDefinition() throws(WatError) {
    let name = try cursor.identifier()
    let exports = try inlineExports()
    if let imported = try inlineImport() {
      try importItem(imported, .function, name) { (this: inout ComponentTextEncoder) throws(WatError) in
        try this.functionTypeIndex()
      }
    } else if try !inlineAlias(.function, name) {
      let type = try functionTypeIndex()
      try cursor.expectOpen("canon")
      guard cursor.take("lift") else { throw cursor.unexpected() }
      let (callee, options) = (try reference(.coreFunction), try canonicalOptions())
      try cursor.expectClose()
      try define(.canonical, lift(callee, options, type), .function, name)
    }
    try export(exports, .function)
  }

  private func lift(_ callee: UInt32, _ options: [UInt8], _ type: UInt32) -> [UInt8] {
    encoded {
      $0.raw([0x00, 0x00])
      $0.unsigned(callee)
      $0.raw(options)
      $0.unsigned(type)
    }
  }

  /// Behind `(canon`.
  mutating func canonicalDefinition() throws(WatError) {
    if cursor.take("lift") {
      let (callee, options) = (try reference(.coreFunction), try canonicalOptions())
      try cursor.expectOpen("func")
      let name = try cursor.identifier()
      let type = try functionTypeIndex()
      try cursor.expectClose()
      try define(.canonical, lift(callee, options, type), .function, name)
    } else {
      let bytes = try canonicalFunction()
      try cursor.expectOpen("core")
      guard cursor.take("func") else { throw cursor.unexpected() }
      let name = try cursor.identifier()
      try cursor.expectClose()
      try define(.canonical, bytes, .coreFunction, name)
    }
  }

  /// What a built-in takes besides its name.
  private enum Operands { case none, type, typeAndOptions, typeAndAsync, async, cancellable, memory, options, slot }

  private static let builtIns: [Spelling: (code: UInt8, operands: Operands)] = {
    let rows: [(Substring, UInt8, Operands)] = [
      ("resource.new", 0x02, .type), ("resource.drop", 0x03, .type), ("resource.rep", 0x04, .type),
      ("task.cancel", 0x05, .none), ("subtask.cancel", 0x06, .async), ("context.get", 0x0A, .slot),
      ("context.set", 0x0B, .slot), ("thread.yield", 0x0C, .cancellable), ("subtask.drop", 0x0D, .none),
      ("stream.new", 0x0E, .type), ("stream.read", 0x0F, .typeAndOptions), ("stream.write", 0x10, .typeAndOptions),
      ("stream.cancel-read", 0x11, .typeAndAsync), ("stream.cancel-write", 0x12, .typeAndAsync),
      ("stream.drop-readable", 0x13, .type), ("stream.drop-writable", 0x14, .type), ("future.new", 0x15, .type),
      ("future.read", 0x16, .typeAndOptions), ("future.write", 0x17, .typeAndOptions),
      ("future.cancel-read", 0x18, .typeAndAsync), ("future.cancel-write", 0x19, .typeAndAsync),
      ("future.drop-readable", 0x1A, .type), ("future.drop-writable", 0x1B, .type), ("error-context.new", 0x1C, .options),
      ("error-context.debug-message", 0x1D, .options), ("error-context.drop", 0x1E, .none),
      ("waitable-set.new", 0x1F, .none), ("waitable-set.wait", 0x20, .memory), ("waitable-set.poll", 0x21, .memory),
      ("waitable-set.drop", 0x22, .none), ("waitable.join", 0x23, .none), ("backpressure.inc", 0x24, .none),
      ("backpressure.dec", 0x25, .none), ("thread.index", 0x26, .none), ("thread.resume-later", 0x28, .none),
      ("thread.suspend", 0x29, .cancellable), ("thread.suspend-then-resume", 0x2A, .cancellable),
      ("thread.yield-then-resume", 0x2B, .cancellable), ("thread.suspend-then-promote", 0x2C, .cancellable),
      ("thread.yield-then-promote", 0x2D, .cancellable),
    ]
    return Dictionary(uniqueKeysWithValues: rows.map { (Spelling($0.0), ($0.1, $0.2)) })
  }()

  /// A canonical definition of a core function, up to the name that it gets.
  mutating func canonicalFunction() throws(WatError) -> [UInt8] {
    if cursor.take("lower") {
      let (function, options) = (try reference(.function), try canonicalOptions())
      return encoded {
        $0.raw([0x01, 0x00])
        $0.unsigned(function)
        $0.raw(options)
      }
    }
    if cursor.take("task.return") { return [0x09] + (try resultList()) + (try canonicalOptions()) }
    if cursor.take("thread.new-indirect") {
      let (type, table) = (try reference(.coreType), try reference(.coreTable))
      return encoded {
        $0.byte(0x27)
        $0.unsigned(type)
        $0.unsigned(table)
      }
    }
    guard let keyword = cursor.keyword, let builtIn = Self.builtIns[keyword] else { throw cursor.unexpected() }
    cursor.advance()
    return [builtIn.code] + (try operands(builtIn.operands))
  }

  private mutating func operands(_ operands: Operands) throws(WatError) -> [UInt8] {
    switch operands {
    case .none: return []
    case .type: return try index(.type)
    case .typeAndOptions: return try index(.type) + canonicalOptions()
    case .typeAndAsync: return try index(.type) + flag("async")
    case .async: return flag("async")
    case .cancellable: return flag("cancellable")
    case .memory:
      let isCancellable = flag("cancellable")
      try cursor.expectOpen("memory")
      let memory = try index(.coreMemory)
      try cursor.expectClose()
      return isCancellable + memory
    case .options: return try canonicalOptions()
    case .slot:
      let type = try cursor.valueType()
      let slot = try cursor.unsigned32()
      return [type.code] + encoded { $0.unsigned(slot) }
    }
  }

  private mutating func index(_ sort: ComponentSort) throws(WatError) -> [UInt8] {
    let index = try reference(sort)
    return encoded { $0.unsigned(index) }
  }

  private mutating func flag(_ keyword: StaticString) -> [UInt8] { [cursor.take(keyword) ? 0x01 : 0x00] }

  /// `canonopt*`, with their number in front.
  private mutating func canonicalOptions() throws(WatError) -> [UInt8] {
    var options = BinaryWriter()
    var count = 0
    while let option = try canonicalOption() {
      options.raw(option)
      count += 1
    }
    return encoded {
      $0.count(count)
      $0.raw(options.bytes)
    }
  }

  private mutating func canonicalOption() throws(WatError) -> [UInt8]? {
    let words: [(StaticString, UInt8)] = [
      ("string-encoding=utf8", 0x00), ("string-encoding=utf16", 0x01), ("string-encoding=latin1+utf16", 0x02), ("async", 0x06),
    ]
    for (word, code) in words where cursor.take(word) { return [code] }
    let references: [(StaticString, UInt8, ComponentSort)] = [
      ("memory", 0x03, .coreMemory), ("realloc", 0x04, .coreFunction), ("post-return", 0x05, .coreFunction),
      ("callback", 0x07, .coreFunction),
    ]
    for (word, code, sort) in references where cursor.takeOpen(word) {
      let index = try index(sort)
      try cursor.expectClose()
      return [code] + index
    }
    return nil
  }
}
