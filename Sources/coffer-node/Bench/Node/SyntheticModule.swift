/// A WASI 0.1 command with code of a given size that nobody has compiled before: functions of arithmetic, loads, stores and a loop, each of
/// which calls the one before it; then it prints a line.
struct SyntheticModule {
  static let answer = "synthetic\n"
  let bytes: [UInt8]

  /// - Parameter size: Bytes of the module, about.
  init(size: Int, seed: UInt64) {
    var random = Random(state: seed | 1)
    var functions: [[UInt8]] = []
    var code = 0
    while functions.isEmpty || code < size {
      functions.append(Self.function(number: functions.count, &random))
      code += (functions.last?.count ?? 0) + 3
    }
    bytes = Self.module(functions)
  }

  // MARK: Functions

  /// Of type (i32) -> i32, with the locals 0 to 3. Number 0 calls nobody; the import comes before it in the index space.
  private static func function(number: Int, _ random: inout Random) -> [UInt8] {
    var code: [UInt8] = [1, 3, WasmType.i32]
    code += [Op.const] + signed(2 + random.next(5)) + [Op.set, 3, Op.loop, WasmType.empty]
    for _ in 0..<40 { step(&code, &random) }
    code += [Op.get, 3, Op.const, 1, Op.subtract, Op.tee, 3, Op.branchIf, 0, Op.end]
    code += [Op.get, 1]
    if number > 0 { code += [Op.call] + unsigned(number) }
    return code + [Op.get, 2, Op.xor, Op.end]
  }

  private static func step(_ code: inout [UInt8], _ random: inout Random) {
    let (from, to) = (UInt8(random.next(3)), UInt8(random.next(3)))
    switch random.next(6) {
    case 0: code += [Op.get, from] + address + [Op.load, 2] + unsigned(secondPage) + [Op.set, to]
    case 1: code += [Op.get, from] + address + [Op.get, to, Op.store, 2] + unsigned(secondPage)
    default:
      let operation = Op.arithmetic[random.next(Op.arithmetic.count)]
      code += [Op.get, from, Op.const] + signed(random.next(1 << 30)) + [operation, Op.get, to, Op.xor, Op.set, to]
    }
  }

  /// Within a page, and with ``secondPage`` behind what is printed.
  private static let address: [UInt8] = [Op.const] + signed(0xFFFC) + [Op.and]
  private static let secondPage = 65_536

  // MARK: The module

  private static func module(_ functions: [[UInt8]]) -> [UInt8] {
    let i32 = WasmType.i32
    let types: [[UInt8]] = [[0x60, 4, i32, i32, i32, i32, 1, i32], [0x60, 0, 0], [0x60, 1, i32, 1, i32]]
    let start = functions.count + 1
    // fd_write(1, the slice at 8, 1 slice, count to 0).
    let main: [UInt8] =
      [0, Op.const, 1, Op.call] + unsigned(functions.count) + [
        Op.drop, Op.const, 1, Op.const, 8, Op.const, 1, Op.const, 0, Op.call, 0, Op.drop, Op.end,
      ]
    let slice: [UInt8] = [16, 0, 0, 0, UInt8(answer.utf8.count), 0, 0, 0]
    return [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]
      + section(1, vector(types))
      + section(2, vector([text("wasi_snapshot_preview1") + text("fd_write") + [0, 0]]))
      + section(3, vector(functions.map { _ in [2] } + [[1]]))
      + section(5, vector([[0, 2]]))
      + section(7, vector([text("memory") + [2, 0], text("_start") + [0] + unsigned(start)]))
      + section(10, vector((functions + [main]).map { unsigned($0.count) + $0 }))
      + section(11, vector([[0, Op.const, 8, Op.end] + vector((slice + Array(answer.utf8)).map { [$0] })]))
  }

  private static func section(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { [number] + unsigned(content.count) + content }
  private static func vector(_ items: [[UInt8]]) -> [UInt8] { unsigned(items.count) + items.joined() }
  private static func text(_ text: String) -> [UInt8] { unsigned(text.utf8.count) + Array(text.utf8) }

  /// LEB128.
  private static func unsigned(_ value: Int) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    repeat {
      let part = UInt8(rest & 0x7F)
      rest >>= 7
      bytes.append(rest == 0 ? part : part | 0x80)
    } while rest != 0
    return bytes
  }

  private static func signed(_ value: Int) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while true {
      let part = UInt8(rest & 0x7F)
      rest >>= 7
      let isLast = (rest == 0 && part & 0x40 == 0) || (rest == -1 && part & 0x40 != 0)
      bytes.append(isLast ? part : part | 0x80)
      if isLast { return bytes }
    }
  }

  private enum WasmType {
    static let i32: UInt8 = 0x7F
    static let empty: UInt8 = 0x40
  }

  private enum Op {
    static let (loop, end, branchIf, call, drop): (UInt8, UInt8, UInt8, UInt8, UInt8) = (0x03, 0x0B, 0x0D, 0x10, 0x1A)
    static let (get, set, tee, load, store, const): (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (0x20, 0x21, 0x22, 0x28, 0x36, 0x41)
    static let (subtract, and, xor): (UInt8, UInt8, UInt8) = (0x6B, 0x71, 0x73)
    /// add, sub, mul, and, or, xor, shl, shr_s, shr_u, rotl.
    static let arithmetic: [UInt8] = [0x6A, 0x6B, 0x6C, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77]
  }

  /// xorshift64: the same module for the same seed.
  private struct Random {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
  }
}
