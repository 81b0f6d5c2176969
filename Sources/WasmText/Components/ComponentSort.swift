/// The index spaces of components (component-model, Explainer, "Index Spaces").
enum ComponentSort: Hashable, CaseIterable {
  case coreFunction, coreTable, coreMemory, coreGlobal, coreTag, coreType, coreModule, coreInstance
  case function, type, component, instance

  /// The word that stands for it, behind `core` for core sorts.
  var keyword: StaticString {
    switch self {
    case .coreFunction, .function: "func"
    case .coreTable: "table"
    case .coreMemory: "memory"
    case .coreGlobal: "global"
    case .coreTag: "tag"
    case .coreType, .type: "type"
    case .coreModule: "module"
    case .coreInstance, .instance: "instance"
    case .component: "component"
    }
  }

  var isCore: Bool {
    switch self {
    case .function, .type, .component, .instance: false
    default: true
    }
  }

  /// `sort` of the binary format.
  var bytes: [UInt8] {
    switch self {
    case .coreFunction: [0x00, 0x00]
    case .coreTable: [0x00, 0x01]
    case .coreMemory: [0x00, 0x02]
    case .coreGlobal: [0x00, 0x03]
    case .coreTag: [0x00, 0x04]
    case .coreType: [0x00, 0x10]
    case .coreModule: [0x00, 0x11]
    case .coreInstance: [0x00, 0x12]
    case .function: [0x01]
    case .type: [0x03]
    case .component: [0x04]
    case .instance: [0x05]
    }
  }

  /// Whether inner components and types may refer to those of outer ones.
  var isVisibleInside: Bool {
    switch self {
    case .coreModule, .coreType, .type, .component: true
    default: false
    }
  }

  static let coreSorts = allCases.filter(\.isCore)
  static let componentSorts = allCases.filter { !$0.isCore }
}

extension Cursor {
  /// The sort that the keyword here, or the two keywords here, stand for; moves behind them.
  /// - Parameter isCore: Whether core sorts stand here without `core`.
  mutating func sort(isCore: Bool = false) throws(WatError) -> ComponentSort {
    let isPrefixed = take("core")
    let sorts = isCore || isPrefixed ? ComponentSort.coreSorts : ComponentSort.componentSorts
    guard let sort = sorts.first(where: { isKeyword($0.keyword) }) else { throw unexpected() }
    advance()
    return sort
  }
}
