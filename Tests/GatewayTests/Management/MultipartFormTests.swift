import Gateway
import Testing

@Suite struct MultipartFormTests {
  private func form(_ text: String, _ type: String = "multipart/form-data; boundary=X") throws -> [String] {
    try MultipartForm(Array(text.utf8), contentType: type).parts.map { "\($0.name)=\(String(decoding: $0.bytes, as: UTF8.self))" }
  }

  private static func part(_ name: String, _ contents: String) -> String {
    "--X\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(contents)\r\n"
  }

  @Test func parts() throws {
    let text = Self.part("a", "one") + Self.part("b", "") + Self.part("c", "a\r\n--X\r\n--Y\r\n\r\n") + "--X--"
    // A boundary within contents ends them: what follows has to be a part then.
    #expect(throws: Refusal.self) { try form(text) }
    #expect(try form(Self.part("a", "one") + Self.part("b", "") + Self.part("c", "-X\r\n-\r\n") + "--X--\r\nafter") == ["a=one", "b=", "c=-X\r\n-\r\n"])
    #expect(try form("--X--") == [])
  }

  @Test(arguments: [
    ("", "boundary=X"), ("--X", "boundary=X"), ("--X\r\n", "boundary=X"), ("--Xa\r\n\r\n", "boundary=X"), ("x--X--", "boundary=X"),
    ("--X\r\nContent-Disposition: form-data; name=a\r\n\r\nbody", "boundary=X"), ("--X\r\n\r\n\r\n--X--", "boundary=X"),
    ("--X\r\nContent-Disposition: form-data\r\n\r\n\r\n--X--", "boundary=X"), ("--X--", ""), ("--X--", "boundary="),
    ("--X\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n\r\n--X--", "boundary=X"), ("----", "boundary=\"\""),
    ("--X\r\nA: \(String(repeating: "a", count: 5000))\r\n\r\n\r\n--X--", "boundary=X"),
    (String(repeating: "--X\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", count: 1001) + "--X--", "boundary=X"),
  ])
  func malformed(_ text: String, _ boundary: String) {
    #expect { _ = try form(text, "multipart/form-data; \(boundary)") } throws: { ($0 as? Refusal)?.status == .badRequest }
  }

  /// Whatever is cut off or changed ends in parts or a problem.
  @Test func anyCutAndAnyByte() {
    let text = Array((Self.part("program", "abc") + Self.part("manifest", "x: y") + "--X--\r\n").utf8)
    for end in text.indices {
      _ = try? MultipartForm(Array(text[..<end]), contentType: "multipart/form-data; boundary=X")
      for byte in [0, 13, 10, 34, 45, 255] as [UInt8] {
        var changed = text
        changed[end] = byte
        _ = try? MultipartForm(changed, contentType: "multipart/form-data; boundary=X")
      }
    }
  }

  @Test func fieldParameters() {
    #expect(MultipartForm.parameters(of: "form-data; name=\"a\\\"b;c\"; filename=x") == ["name": "a\"b;c", "filename": "x"])
    #expect(MultipartForm.parameters(of: "a;b;=;x=1;X=2") == ["": "", "x": "1"])
  }
}
