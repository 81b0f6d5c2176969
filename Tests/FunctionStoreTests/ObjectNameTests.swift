import FunctionStore
import Testing

@Suite struct ObjectNameTests {
  @Test(arguments: ["a", "0", "a-b", "hello", String(repeating: "x", count: 63)])
  func names(_ name: String) { #expect(ObjectName.isValid(name)) }

  @Test(arguments: ["", "-a", "a-", "A", "ä", "a.b", "a b", "a/b", "..", "a\0", String(repeating: "x", count: 64)])
  func noNames(_ name: String) { #expect(!ObjectName.isValid(name)) }
}
