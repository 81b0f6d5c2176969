import WasmFormat

/// How the values of a type lie in linear memory and in core values (Canonical ABI, "Alignment", "Element Size", "Flattening").
public struct ValueLayout: Sendable, Hashable {
  /// A function has at most this many core parameters (MAX_FLAT_PARAMS); beyond, values go through memory.
  public static let flatParameterLimit = 16
  /// The same for functions lowered as `async`.
  public static let flatAsyncParameterLimit = 4
  public static let flatResultLimit = 1

  /// In bytes, in a memory with 32-bit addresses.
  public internal(set) var size: Int
  public internal(set) var alignment: Int
  /// The core values, of which only one more than `flatParameterLimit` are kept: nothing depends on further ones.
  public internal(set) var flat: [ValueType]
  /// Whether there are lists or strings in it, which lie in memory of their own.
  public internal(set) var hasLists: Bool
  /// Whether there are borrowed handles in it.
  public internal(set) var hasBorrow: Bool
  /// In a memory with 64-bit addresses, which the bound on sizes is about.
  var size64: Int
  var alignment64: Int

  /// What a size must stay below, in bytes.
  static let sizeLimit = 1 << 28

  private init(size: Int, flat: [ValueType]) {
    self.size = size
    self.flat = flat
    alignment = size
    size64 = size
    alignment64 = size
    hasLists = false
    hasBorrow = false
  }

  init(_ type: PrimitiveType) {
    switch type {
    case .bool, .s8, .u8: self.init(size: 1, flat: [.i32])
    case .s16, .u16: self.init(size: 2, flat: [.i32])
    case .s32, .u32, .char, .errorContext: self.init(size: 4, flat: [.i32])
    case .s64, .u64: self.init(size: 8, flat: [.i64])
    case .f32: self.init(size: 4, flat: [.f32])
    case .f64: self.init(size: 8, flat: [.f64])
    case .string: self = .pointerAndLength
    }
  }

  /// Of a type whose parts are in the table.
  init(_ type: DefinedValueType, in table: TypeTable) {
    switch type {
    case .primitive(let type): self.init(type)
    case .record(let fields): self.init(sequence: fields.map { table.layout(of: $0.type) })
    case .tuple(let types): self.init(sequence: types.map { table.layout(of: $0) })
    case .variant(let cases): self.init(cases: cases.map { $0.type.map(table.layout(of:)) })
    case .enumeration(let names): self.init(size: Self.discriminantSize(names.count), flat: [.i32])
    case .option(let type): self.init(cases: [nil, table.layout(of: type)])
    case .result(let success, let failure):
      self.init(cases: [success.map(table.layout(of:)), failure.map(table.layout(of:))])
    case .flags(let names): self.init(size: names.count <= 8 ? 1 : names.count <= 16 ? 2 : 4, flat: [.i32])
    case .own, .stream, .future: self.init(size: 4, flat: [.i32])
    case .borrow:
      self.init(size: 4, flat: [.i32])
      hasBorrow = true
    case .list(let type): self.init(listOf: [table.layout(of: type)])
    case .map(let key, let value): self.init(listOf: [table.layout(of: key), table.layout(of: value)])
    case .fixedLengthList(let type, let count): self.init(table.layout(of: type), times: Int(count))
    }
  }

  private static var pointerAndLength: ValueLayout {
    var layout = ValueLayout(size: 4, flat: [.i32, .i32])
    (layout.size, layout.size64, layout.alignment64) = (8, 16, 8)
    layout.hasLists = true
    return layout
  }

  private init(listOf parts: [ValueLayout]) {
    self = .pointerAndLength
    hasBorrow = parts.contains(where: \.hasBorrow)
  }

  /// Sizes stay below 2^28 and counts below 2^32, so the products fit.
  private init(_ element: ValueLayout, times count: Int) {
    self = element
    size = element.size * count
    size64 = element.size64 * count
    let kept = Self.flatParameterLimit + 1
    while flat.count < kept, flat.count / max(element.flat.count, 1) < count { flat += element.flat }
    flat = Array(flat.prefix(kept))
  }

  private init(sequence: [ValueLayout]) {
    self.init(size: 0, flat: [])
    alignment = 1
    alignment64 = 1
    for part in sequence {
      size = Self.align(size, to: part.alignment) + part.size
      size64 = Self.align(size64, to: part.alignment64) + part.size64
      include(part)
      if flat.count <= Self.flatParameterLimit {
        flat = Array((flat + part.flat).prefix(Self.flatParameterLimit + 1))
      }
    }
    size = Self.align(size, to: alignment)
    size64 = Self.align(size64, to: alignment64)
  }

  private init(cases: [ValueLayout?]) {
    let discriminant = Self.discriminantSize(cases.count)
    self.init(size: discriminant, flat: [.i32])
    var payload: [ValueType] = []
    var (largest, largest64) = (0, 0)
    for case let part? in cases {
      largest = max(largest, part.size)
      largest64 = max(largest64, part.size64)
      include(part)
      for (index, type) in part.flat.enumerated() {
        if index < payload.count { payload[index] = payload[index].joined(type) } else { payload.append(type) }
      }
    }
    flat = Array((flat + payload).prefix(Self.flatParameterLimit + 1))
    let (widest, widest64) = Self.payloadAlignment(cases)
    size = Self.align(Self.align(discriminant, to: widest) + largest, to: alignment)
    size64 = Self.align(Self.align(discriminant, to: widest64) + largest64, to: alignment64)
  }

  private static func payloadAlignment(_ cases: [ValueLayout?]) -> (Int, Int) {
    cases.reduce((1, 1)) { (max($0.0, $1?.alignment ?? 1), max($0.1, $1?.alignment64 ?? 1)) }
  }

  private mutating func include(_ part: ValueLayout) {
    alignment = max(alignment, part.alignment)
    alignment64 = max(alignment64, part.alignment64)
    hasLists = hasLists || part.hasLists
    hasBorrow = hasBorrow || part.hasBorrow
  }

  /// In bytes, for a variant of so many cases.
  static func discriminantSize(_ count: Int) -> Int { count <= 1 << 8 ? 1 : count <= 1 << 16 ? 2 : 4 }

  /// The next multiple of `alignment`.
  package static func align(_ size: Int, to alignment: Int) -> Int { (size + alignment - 1) / alignment * alignment }
}

extension ValueType {
  /// What can hold a value of either.
  fileprivate func joined(_ other: ValueType) -> ValueType {
    if self == other { return self }
    switch (self, other) {
    case (.i32, .f32), (.f32, .i32): return .i32
    default: return .i64
    }
  }
}
