import Foundation
import WasmText

/// The encoding of a text, for tests.
func encode(_ text: String) throws(WatError) -> [UInt8] {
  try Wat.encode(Array(text.utf8))
}

/// Why a text is refused; nil when it is not.
func refusal(of text: String) -> WatError? { refusal(of: Array(text.utf8)) }

func refusal(of source: [UInt8]) -> WatError? {
  do throws(WatError) {
    _ = try Wat.encode(source)
    return nil
  } catch {
    return error
  }
}

/// The instructions of `(func ...)` in hexadecimal, without the leading count of locals and the final `end`.
func body(_ text: String) throws(WatError) -> String {
  let module = try encode("(func \(text))")
  let headerAndTypes = 8 + 6 + 4
  let sizesAndCounts = 5
  return hexadecimal(module.dropFirst(headerAndTypes + sizesAndCounts).dropLast())
}

/// The contents of the section with this number in hexadecimal; nil when there is none.
func section(_ number: UInt8, of text: String) throws(WatError) -> String? {
  var rest = try encode(text).dropFirst(8)
  while let found = rest.first, let size = rest.dropFirst().first {
    let contents = rest.dropFirst(2).prefix(Int(size))
    if found == number { return hexadecimal(contents) }
    rest = rest.dropFirst(2 + contents.count)
  }
  return nil
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}

/// The specification's scripts, which stand beside the package.
enum Vectors {
  static let folder: URL? = {
    var place = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while place.path != "/" {
      let package = place.appendingPathComponent("Package.swift").path
      if FileManager.default.fileExists(atPath: package) {
        let folder = place.appendingPathComponent("../shared/vectors/wasm-2.0").standardizedFileURL
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
      }
      place = place.deletingLastPathComponent()
    }
    return nil
  }()

  static var scripts: [URL] {
    guard let folder, let paths = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
      return []
    }
    return paths.compactMap { $0 as? URL }.filter { $0.pathExtension == "wast" }.sorted { $0.path < $1.path }
  }
}
