import Glibc
import Testing

/// The process that a module is built in, and the program that starts it.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct BuildProcessTests {
  /// A module of so many functions that no compiler is done within a second.
  private func largeModule() -> [UInt8] {
    func number(_ value: Int) -> [UInt8] {
      var (rest, bytes) = (value, [UInt8]())
      while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7F) | 0x80)
        rest >>= 7
      }
      return bytes + [UInt8(rest)]
    }
    func section(_ identifier: UInt8, _ items: [[UInt8]]) -> [UInt8] {
      let body = number(items.count) + items.flatMap { $0 }
      return [identifier] + number(body.count) + body
    }
    let count = 40_000
    // (local.get 0) (i32.const 3) i32.mul, many times
    let body = [0x00] + [0x20, 0x00] + Array(repeating: [0x41, 0x03, 0x6C, 0x20, 0x00, 0x6A], count: 40).flatMap { $0 } + [0x0B] as [UInt8]
    return [0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0] + section(1, [[0x60, 1, 0x7F, 1, 0x7F]]) + section(3, Array(repeating: [0], count: count))
      + section(10, Array(repeating: number(body.count) + body, count: count))
  }

  @Test func endsAtItsDeadline() throws {
    let place = try Workplace()
    try place.write("large.wasm", largeModule())
    let started = time(nil)
    let result = try place.run("build", "large.wasm", "--compile-timeout", "1s", environment: ["COFFER_CACHE": ""])
    #expect(result.status == 125)
    #expect(result.complaints == ["coffer: large.wasm: compiling was stopped after 1 s; --compile-timeout allows more, --optimize none needs less"])
    #expect(time(nil) - started < 30)
    #expect(place.names == ["large.wasm"])
  }

  @Test func saysOnceWhatIsWrongWithAModule() throws {
    let place = try Workplace()
    try place.write("bad.wasm", [0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 7, 7])
    let result = try place.run("build", "bad.wasm")
    #expect(result.status == 125)
    #expect(result.complaints == ["coffer: bad.wasm: length out of bounds: 7 declared, 0 bytes left (at byte 0x9)"])
  }

  /// What only the first program runs, and what only the second one does, ends alike.
  @Test func bothProgramsRunAnImageAlike() throws {
    let place = try Workplace()
    #expect(try place.run("build", "example:hello", "-o", "hello.trustlet").status == 0)
    let plain = try place.run("run", "hello.trustlet")
    let full = try place.run("run", "hello.trustlet", "--timeout=60s")
    #expect(plain.output == "Hello from inside a trustlet\n")
    #expect((plain.status, plain.output, plain.errors) == (full.status, full.output, full.errors))
  }
}
