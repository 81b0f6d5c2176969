import ComponentFormat
import WasmFormat

/// Types as messages name them: as WIT does, and not endless.
struct TypeWords {
  private let types: TypeTable
  private var left = 40

  init(_ types: TypeTable) { self.types = types }

  static func text(_ type: ComponentValueType, _ types: TypeTable) -> String {
    var words = TypeWords(types)
    return words.text(type)
  }

  static func function(_ type: ComponentFunctionType, _ types: TypeTable) -> String {
    var words = TypeWords(types)
    var parameters: [String] = []
    for field in type.parameters { parameters.append("\(field.name): \(words.text(field.type))") }
    let result = type.result.map { " -> \(words.text($0))" } ?? ""
    return "\(type.isAsync ? "async " : "")func(\(parameters.joined(separator: ", ")))\(result)"
  }

  private mutating func text(_ type: ComponentValueType) -> String {
    left -= 1
    guard left > 0 else { return "..." }
    switch types.definition(of: type) {
    case .primitive(.errorContext): return "error-context"
    case .primitive(let type): return "\(type)"
    case .record(let fields):
      var parts: [String] = []
      for field in fields where left > 0 { parts.append("\(field.name): \(text(field.type))") }
      return "record {\(parts.joined(separator: ", "))}"
    case .variant(let cases):
      var parts: [String] = []
      for item in cases where left > 0 { parts.append(item.name + (item.type.map { "(\(text($0)))" } ?? "")) }
      return "variant {\(parts.joined(separator: ", "))}"
    case .enumeration(let names): return "enum {\(list(names))}"
    case .flags(let names): return "flags {\(list(names))}"
    case .list(let element): return "list<\(text(element))>"
    case .fixedLengthList(let element, let count): return "list<\(text(element)), \(count)>"
    case .map(let key, let value): return "map<\(text(key)), \(text(value))>"
    case .tuple(let parts):
      var texts: [String] = []
      for part in parts where left > 0 { texts.append(text(part)) }
      return "tuple<\(texts.joined(separator: ", "))>"
    case .option(let type): return "option<\(text(type))>"
    case .result(nil, nil): return "result"
    case .result(let success?, nil): return "result<\(text(success))>"
    case .result(let success, let failure?): return "result<\(success.map { text($0) } ?? "_"), \(text(failure))>"
    case .own: return "a resource"
    case .borrow: return "borrow<a resource>"
    case .stream: return "stream"
    case .future: return "future"
    }
  }

  private mutating func list(_ names: [String]) -> String {
    left -= names.count
    return names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ..." : "")
  }
}

/// The name that was probably meant, if one is near enough: a third of the letters may be wrong.
func nearestName(to wanted: String, among names: some Sequence<String>) -> String? {
  let target = Array(wanted.utf8.prefix(100))
  var best: (name: String, distance: Int)?
  for name in names.prefix(1_000) {
    let distance = editDistance(target, Array(name.utf8.prefix(100)))
    if distance < best?.distance ?? .max { best = (name, distance) }
  }
  guard let best, best.distance * 3 <= max(target.count, 3) else { return nil }
  return best.name
}

/// Levenshtein's, row by row.
private func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
  var row = Array(0...other.count)
  for (index, byte) in one.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for (column, second) in other.enumerated() {
      let next = min(diagonal + (byte == second ? 0 : 1), row[column] + 1, row[column + 1] + 1)
      diagonal = row[column + 1]
      row[column + 1] = next
    }
  }
  return row[other.count]
}

extension [String] {
  /// For "there is none of that name": the nearest one, then what there is.
  func suggestion(for wanted: String) -> String {
    let known = prefix(20).joined(separator: ", ") + (count > 20 ? ", and \(count - 20) more" : "")
    let nearest = nearestName(to: wanted, among: self).map { "did you mean \(quoted($0))? " } ?? ""
    return nearest + (isEmpty ? "there is none" : "there are: \(known)")
  }
}
