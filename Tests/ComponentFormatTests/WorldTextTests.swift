import ComponentFormat
import Testing
import WasmText

@Suite struct WorldTextTests {
  private func world(_ text: String) throws -> String {
    try ComponentBinary.decode(try Wat.encodeComponent(Array(text.utf8))).worldText
  }

  @Test func interfacesOfPackages() throws {
    let text = try world(
      """
      (component
        (import "a:b/first@1.2.3" (instance $first
          (export "thing" (type $thing (sub resource)))
          (type $p (record (field "x" s32) (field "type" bool)))
          (export "point" (type $point (eq $p)))
          (export "[constructor]thing" (func (param "type" u8) (result (own $thing))))
          (export "[method]thing.size" (func (param "self" (borrow $thing)) (result u32)))
          (export "[static]thing.count" (func (result u64)))
          (export "list" (func (param "of" (list $point)) (result (result (option string) (error (tuple u8 char))))))))
        (alias export $first "thing" (type $thing))
        (import "a:b/second@1.2.3" (instance
          (alias outer 1 $thing (type $t))
          (export "thing" (type $again (eq $t)))
          (type $c (enum "red" "green"))
          (export "colour" (type $colour (eq $c)))
          (export "take" (func (param "it" (own $again)) (param "in" (borrow $again)) (result $colour)))))
        (import "run" (func (param "count" f64))))
      """)
    #expect(
      text == """
        package root:component;

        world root {
          import a:b/first@1.2.3;
          import a:b/second@1.2.3;
          import run: func(count: f64);
        }

        package a:b@1.2.3 {
          interface first {
            record point { x: s32, %type: bool }
            %list: func(of: list<point>) -> result<option<string>, tuple<u8, char>>;
            resource thing {
              constructor(%type: u8);
              size: func() -> u32;
              count: static func() -> u64;
            }
          }
          interface second {
            use a:b/first@1.2.3.{thing};
            enum colour { red, green }
            take: func(it: thing, in: borrow<thing>) -> colour;
          }
        }

        """)
  }

  /// Each type has the one before twice: the text would have 2^20 words, and validation takes no more.
  @Test func aTextWithoutEndIsCut() throws {
    var types = "(type $t0 (list u8))"
    for number in 1...20 { types += "(type $p\(number) (tuple $t\(number - 1) $t\(number - 1))) (type $t\(number) (list $p\(number)))" }
    let text = try world("(component \(types) (import \"f\" (func (param \"p\" $t20))))")
    #expect(text.utf8.count < 2_000_000)
    #expect(text.contains("..."))
  }
}
