import ComponentFormat

/// What is asked of a type for each of its values, made once: a list has half a million of them, and an enum may have as many cases.
final class KnownTypes {
  private let types: TypeTable
  private var words: [ComponentValueType: String] = [:]
  private var cases: [ComponentValueType: KnownCases] = [:]

  init(_ types: TypeTable) { self.types = types }

  func words(of type: ComponentValueType) -> String {
    if let known = words[type] { return known }
    let made = TypeWords.text(type, types)
    words[type] = made
    return made
  }

  /// None for a type without cases.
  func cases(of type: ComponentValueType) -> KnownCases {
    if let known = cases[type] { return known }
    let made = KnownCases(types.definition(of: type).cases ?? [], types)
    cases[type] = made
    return made
  }
}

/// Of a value that can be one of several: each case, which one has a name, and where it lies in memory.
final class KnownCases {
  let list: [DefinedValueType.Case]
  private let types: TypeTable
  private(set) lazy var places = CaseMemoryPlaces(list.map(\.type), types)
  private lazy var indices = Dictionary(list.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }

  init(_ list: [DefinedValueType.Case], _ types: TypeTable) { (self.list, self.types) = (list, types) }

  func index(of name: String) -> Int? { indices[name] }

  subscript(index: Int) -> DefinedValueType.Case? { list.indices.contains(index) ? list[index] : nil }
}
