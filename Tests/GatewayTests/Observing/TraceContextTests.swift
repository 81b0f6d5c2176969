import Gateway
import NIOHTTP1
import Testing

struct TraceContextTests {
  static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  static let parent = "00f067aa0ba902b7"

  @Test(arguments: [
    ("00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01"),
    ("00-\(trace)-\(parent)-00", "00-\(trace)-\(parent)-00"),
    ("00-\(trace)-\(parent)-ff", "00-\(trace)-\(parent)-ff"),
    // Of a version to come only what is known of it, as version 00.
    ("cc-\(trace)-\(parent)-ff", "00-\(trace)-\(parent)-03"),
    ("cc-\(trace)-\(parent)-01-what-the-future-holds", "00-\(trace)-\(parent)-01"),
  ])
  func readsParents(_ text: String, _ written: String) throws {
    #expect(try TraceParent(text).description == written)
  }

  @Test(arguments: [
    ("", TraceContextError.tooShort), ("00-\(trace)-\(parent)-0", .tooShort), ("00-\(trace)-\(parent)-01 ", .tooLong),
    ("00-\(trace)-\(parent)-01-x", .tooLong),
    ("cc-\(trace)-\(parent)-01x", .tooLong), ("cc-\(trace)-\(parent)-01-" + String(repeating: "x", count: 300), .tooLong),
    ("ff-\(trace)-\(parent)-01", .forbiddenVersion), ("00-\(trace.uppercased())-\(parent)-01", .notHexadecimal),
    ("0x-\(trace)-\(parent)-01", .notHexadecimal),
    ("00-\(trace)-\(parent)-0g", .notHexadecimal), ("00_\(trace)-\(parent)-01", .notSeparated), ("00-\(trace)_\(parent)-01", .notSeparated),
    ("00-00000000000000000000000000000000-\(parent)-01", .zero), ("00-\(trace)-0000000000000000-01", .zero),
    ("00-\(trace)-\(parent)-0\u{E9}", .notHexadecimal), (" 00-\(trace)-\(parent)-0", .notSeparated),
  ])
  func refusesWhatIsNoParent(_ text: String, _ error: TraceContextError) {
    #expect(throws: error) { try TraceParent(text) }
  }

  @Test(
    arguments: [
      (["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"), (["a=1", "b=2"], "a=1,b=2"),
      ([" a=1 ,\tb=2 ,, "], "a=1,b=2"),
      ([], ""), (["", ","], ""), (["fw529a3039@dt=FfFgFhI="], nil), (["0tenant@system=x/y*z"], "0tenant@system=x/y*z"),
      (["a=b c"], "a=b c"),
      (["a"], nil), (["=b"], nil), (["a="], nil), (["A=b"], nil), (["a=1,a=2"], nil), (["a=1", "a=2"], nil), (["a b=1"], nil),
      (["a=\u{E9}"], nil), (["a=\u{1}"], nil),
      ([(0..<32).map { "k\($0)=v" }.joined(separator: ",")], (0..<32).map { "k\($0)=v" }.joined(separator: ",")),
      ([(0..<33).map { "k\($0)=v" }.joined(separator: ",")], nil), (["a=" + String(repeating: "x", count: 257)], nil),
      (["a=" + String(repeating: "x", count: 256), "b=" + String(repeating: "x", count: 252)], nil),
    ] as [([String], String?)])
  func readsStates(_ fields: [String], _ text: String?) {
    #expect((try? TraceState(fields))?.text == text)
  }

  @Test func aCallersTraceGoesOnWithThisNodeAsItsParent() throws {
    let context = TraceContext(["traceparent": "00-\(Self.trace)-\(Self.parent)-01", "tracestate": "a=1"])
    let told = try TraceParent(context.parent)
    #expect(told.trace.description == Self.trace)
    #expect(TraceIdentifier.hexadecimal(told.parent) != Self.parent)
    #expect(told.flags == 1)
    #expect(context.state == "a=1")
  }

  @Test(arguments: [[], ["nonsense"], ["00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01"]])
  func whereThereIsNoTraceOneBegins(_ parents: [String]) throws {
    var seen: Set<String> = []
    for _ in 0..<100 {
      let context = TraceContext(parents: parents, states: ["a=1"])
      #expect(context.state.isEmpty)
      seen.insert(try TraceParent(context.parent).trace.description)
    }
    #expect(seen.count == 100)
    #expect(!seen.contains(Self.trace))
  }

  @Test func aStateThatIsNoneIsDroppedAndItsTraceGoesOn() throws {
    let context = TraceContext(["traceparent": "00-\(Self.trace)-\(Self.parent)-01", "tracestate": "A=B"])
    #expect(try TraceParent(context.parent).trace.description == Self.trace)
    #expect(context.state.isEmpty)
  }
}
