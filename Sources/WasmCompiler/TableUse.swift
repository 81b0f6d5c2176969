import WasmFormat

/// What a module's code does to its tables. A body that cannot be read counts as one that does everything.
package struct TableUse {
  private(set) var grows = false
  private var written: Set<UInt32> = []

  package init(of module: Module) {
    guard !module.tables.isEmpty else { return }
    for body in module.code {
      var reader = InstructionReader(module: module, range: body.range)
      do {
        while let instruction = try reader.next() {
          switch instruction {
          case .tableGrow: grows = true
          case .tableSet(let table), .tableFill(let table), .tableInit(_, let table), .tableCopy(let table, _):
            written.insert(table)
          default: break
          }
        }
      } catch {
        grows = true
      }
    }
  }

  func changes(_ table: UInt32) -> Bool { grows || written.contains(table) }
}

extension Module {
  /// Each is looked for among all segments and exports.
  private static let mostTables = 16

  /// The functions in a table that nothing changes once the instance runs, null where there is none; nil when they are not known
  /// before that.
  ///
  /// No code of the instance runs before its segments are in place: the start function comes after them, and without an
  /// imported table no other instance can have got hold of a function when initialisation fails halfway.
  package func constantContents(ofTable index: UInt32, _ use: TableUse) -> [UInt32?]? {
    let imported = imports.filter { if case .table = $0.kind { true } else { false } }.count
    guard imported == 0, tables.count <= Self.mostTables, !use.changes(index), let table = tables[checked: index], table.element == .funcref,
      !exports.contains(where: { $0.kind == .table && $0.index == index })
    else { return nil }
    // Written out only if it is not much more than the module itself: a few bytes can ask for a large empty table.
    let given = elements.reduce(0) { sum, segment in
      if case .active(index, _) = segment.mode { sum + segment.elements.count } else { sum }
    }
    guard table.limits.minimum <= UInt64(2 * given + 16) else { return nil }
    var contents = [UInt32?](repeating: nil, count: Int(table.limits.minimum))
    for segment in elements {
      guard case .active(index, let offset) = segment.mode else { continue }
      // A segment that does not fit is a trap when the program starts, which the ordinary table reports.
      guard case .i32(let start) = offset, Int(UInt32(bitPattern: start)) + segment.elements.count <= contents.count
      else { return nil }
      for (position, element) in segment.elements.enumerated() {
        switch element {
        case .refFunction(let function): contents[Int(start) + position] = function
        case .refNull: contents[Int(start) + position] = nil
        default: return nil
        }
      }
    }
    return contents
  }
}
