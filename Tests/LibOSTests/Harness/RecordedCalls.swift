import Foundation
import LibOS

/// Runs scripts of WASI calls and says the answers in the notation that Wasmtime/record.py writes. Arguments are:
/// - a number;
/// - `"path"`: an address and a length; `\s` is a space, `\xff` a byte, `@n` n times "x";
/// - `<a,b>`: buffers to write; `[3,4]`: buffers to read, by size, whose contents are part of the answer;
/// - `*u32`, `*fdstat`, ...: room for an answer of that kind; `*text:9` also gives the room's size;
/// - `{clock:1:0:0,read:0}`: subscriptions, and room for the events.
struct RecordedCalls {
  struct Step {
    let line: Int
    let call: String
    let expected: String
  }

  /// Steps that share a fresh start.
  let sections: [(title: String, steps: [Step])]

  init(_ text: String) {
    var sections: [(title: String, steps: [Step])] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("# ") {
        sections.append((String(line.dropFirst(2)), []))
      } else if let arrow = line.range(of: " => ") {
        let call = line[..<arrow.lowerBound].drop { $0 == "!" || $0 == " " }
        sections[sections.count - 1].steps.append(
          Step(line: index + 1, call: String(call), expected: String(line[arrow.upperBound...])))
      }
    }
    self.sections = sections
  }

  static func load(_ name: String) throws -> RecordedCalls {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Wasmtime")
    return RecordedCalls(try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
  }
}

/// One run of a script's section.
final class CallRunner {
  let machine: TestMachine
  private var next = 1024
  private var arguments: [UInt64] = []
  private var outputs: [() -> String] = []

  init(_ machine: TestMachine) {
    self.machine = machine
  }

  private func room(_ size: Int, alignment: Int = 8) -> Int {
    next = (next + alignment - 1) / alignment * alignment
    defer { next += size + 16 }
    return next
  }

  func run(_ call: String) -> String {
    (next, arguments, outputs) = (1024, [], [])
    let tokens = CallRunner.tokens(call)
    for token in tokens.dropFirst() { add(token) }
    guard let outcome = invoke(tokens[0], arguments) else { return "unknown function or wrong arguments" }
    switch outcome {
    case .errno(0): return (["0"] + outputs.map { $0() }).joined(separator: " ")
    case .errno(let number): return String(number)
    case .trap: return "trap"
    case .abort: return "abort"
    }
  }

  private static func tokens(_ call: String) -> [String] {
    var tokens: [String] = []
    var isQuoted = false
    for character in call {
      if character == "\"" { isQuoted.toggle() }
      if character == " ", !isQuoted { tokens.append("") } else if tokens.isEmpty { tokens = [String(character)] } else {
        tokens[tokens.count - 1].append(character)
      }
    }
    return tokens.filter { !$0.isEmpty }
  }

  private func add(_ token: String) {
    let inner = String(token.dropFirst().dropLast())
    switch token.first {
    case "\"":
      let bytes = CallRunner.bytes(inner)
      let address = room(bytes.count, alignment: 1)
      machine.write(bytes, at: address)
      arguments += [UInt64(address), UInt64(bytes.count)]
    case "<":
      let parts = inner.isEmpty ? [] : inner.split(separator: ",").map { CallRunner.bytes(String($0)) }
      let vectors = room(8 * parts.count)
      for (index, part) in parts.enumerated() {
        let address = room(part.count, alignment: 1)
        machine.write(part, at: address)
        machine.write(encode([UInt32(address), UInt32(part.count)]), at: vectors + 8 * index)
      }
      arguments += [UInt64(vectors), UInt64(parts.count)]
    case "[":
      let sizes = inner.split(separator: ",").compactMap { Int($0) }
      let vectors = room(8 * sizes.count)
      var places: [(Int, Int)] = []
      for (index, size) in sizes.enumerated() {
        let address = room(size, alignment: 1)
        machine.write([UInt8](repeating: 0xEE, count: size), at: address)
        machine.write(encode([UInt32(address), UInt32(size)]), at: vectors + 8 * index)
        places.append((address, size))
      }
      arguments += [UInt64(vectors), UInt64(sizes.count)]
      outputs.append { [machine] in CallRunner.quote(places.flatMap { machine.read($0.0, $0.1) }) }
    case "*":
      let parts = token.dropFirst().split(separator: ":")
      let kind = String(parts[0])
      let sizes = ["u32": 4, "u64": 8, "fdstat": 24, "stat": 64, "times": 64, "prestat": 8]
      let size = sizes[kind] ?? Int(parts[1]) ?? 0
      let address = room(size)
      machine.write([UInt8](repeating: 0xEE, count: size), at: address)
      arguments.append(UInt64(address))
      if kind == "text" || kind == "entries" { arguments.append(UInt64(size)) }
      outputs.append { [machine] in CallRunner.show(kind, machine.read(address, size)) }
    case "{":
      let parts = inner.split(separator: ",").map(String.init)
      let subscriptions = room(48 * parts.count)
      let events = room(32 * parts.count)
      for (index, part) in parts.enumerated() {
        machine.write(CallRunner.subscription(part, index), at: subscriptions + 48 * index)
      }
      machine.write([UInt8](repeating: 0xEE, count: 32 * parts.count), at: events)
      arguments += [UInt64(subscriptions), UInt64(events), UInt64(parts.count)]
      outputs.append { [machine] in CallRunner.events(machine.read(events, 32 * parts.count)) }
    default:
      if token.hasPrefix("0x") {
        arguments.append(UInt64(token.dropFirst(2), radix: 16) ?? 0)
      } else {
        arguments.append(UInt64(token) ?? UInt64(bitPattern: Int64(token) ?? 0))
      }
    }
  }

  static func bytes(_ text: String) -> [UInt8] {
    if text.hasPrefix("@") { return [UInt8](repeating: UInt8(ascii: "x"), count: Int(text.dropFirst()) ?? 0) }
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.popFirst() {
      if first == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3 {
        let digits = String(decoding: rest.dropFirst().prefix(2), as: UTF8.self)
        result.append(UInt8(digits, radix: 16) ?? 0)
        rest = rest.dropFirst(3)
      } else if first == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "s") {
        result.append(UInt8(ascii: " "))
        rest = rest.dropFirst()
      } else {
        result.append(first)
      }
    }
    return result
  }

  static func quote(_ bytes: [UInt8]) -> String {
    "\""
      + bytes.map { byte in
        (33..<127).contains(byte) && byte != 34 && byte != 92
          ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined() + "\""
  }

  static func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }

  static func show(_ kind: String, _ bytes: [UInt8]) -> String {
    func field(_ offset: Int, _ size: Int) -> UInt64 { number(bytes, offset, size) }
    switch kind {
    case "u32": return String(field(0, 4))
    case "u64": return String(field(0, 8))
    case "text": return quote(bytes)
    case "prestat": return "\(bytes[0])/\(field(4, 4))"
    case "fdstat":
      return "\(bytes[0])/\(field(2, 2))/\(String(field(8, 8), radix: 16))/\(String(field(16, 8), radix: 16))"
    case "stat", "times":
      // How many links and bytes a directory has is the file system's affair.
      let isDirectory = bytes[16] == 3
      let times = kind == "times" ? "/\(field(40, 8))/\(field(48, 8))" : ""
      return "\(bytes[16])/\(isDirectory ? 0 : field(24, 8))/\(isDirectory ? 0 : field(32, 8))" + times
    case "entries": return entries(bytes)
    default: return "-"
    }
  }

  private static func entries(_ bytes: [UInt8]) -> String {
    var found: [(String, UInt8)] = []
    var (offset, last) = (0, UInt64(0))
    while offset + 24 <= bytes.count {
      let next = number(bytes, offset, 8)
      let length = Int(number(bytes, offset + 16, 4))
      guard next != 0xEEEE_EEEE_EEEE_EEEE, offset + 24 + length <= bytes.count else { break }
      found.append((String(decoding: bytes[offset + 24..<offset + 24 + length], as: UTF8.self), bytes[offset + 20]))
      offset += 24 + length
      last = next
    }
    return found.sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }.joined(separator: ",") + ";\(last)"
  }

  private static func subscription(_ text: String, _ index: Int) -> [UInt8] {
    let parts = text.split(separator: ":")
    let numbers = parts.dropFirst().map { UInt64($0) ?? 0 }
    let kind: UInt32 = ["clock": 0, "read": 1, "write": 2][String(parts[0])] ?? 9
    let head = encode(UInt64(100 + index)) + encode([kind, 0])
    if kind == 0 {
      return head + encode(numbers[0]) + encode(numbers[1]) + encode(UInt64(0)) + encode(numbers[2])
    }
    return head + encode(numbers.first ?? 0) + [UInt8](repeating: 0, count: 24)
  }

  private static func events(_ bytes: [UInt8]) -> String {
    stride(from: 0, to: bytes.count, by: 32).compactMap { offset in
      let data = number(bytes, offset, 8)
      guard data != 0xEEEE_EEEE_EEEE_EEEE else { return nil }
      return
        "\(data):\(number(bytes, offset + 8, 2)):\(bytes[offset + 10]):\(number(bytes, offset + 16, 8)):\(number(bytes, offset + 24, 2))"
    }.joined(separator: ",")
  }
}
