import FunctionStore
import HTTPTypes
import Hummingbird
import ImageBuilding
import TrustletImage

/// What somebody wants to deploy.
enum Upload {
  case image([UInt8], FunctionManifest)
  case module(SourceUpload, FunctionManifest)

  /// - Parameters:
  ///   - body: becomes the program, in its place, where nobody else holds it.
  ///   - contentType: The request's; a form's says so, of all else the first bytes decide.
  init(_ body: consuming [UInt8], contentType: String?) throws(Refusal) {
    var program = body
    var manifestText: [UInt8] = []
    var files: [String: [UInt8]] = [:]
    if let contentType, contentType.lowercased().hasPrefix("multipart/form-data") {
      let place: Range<Int>
      (place, manifestText, files) = try Self.parts(of: program, contentType)
      program.removeSubrange(place.upperBound...)
      program.removeSubrange(..<place.lowerBound)
    }
    let manifest = try Self.manifest(manifestText)
    if program.starts(with: "\0asm".utf8) {
      try Self.check(manifest, has: files)
      self = .module(SourceUpload(module: program, manifest: manifestText, files: files), manifest)
    } else if TrustletImage.isImage(program) {
      guard manifest.imageKeys.isEmpty, files.isEmpty else {
        let what = manifest.imageKeys.isEmpty ? "files" : manifest.imageKeys.map { "'\($0)'" }.joined(separator: ", ")
        throw Refusal(
          .unprocessableContent,
          "an image carries its own manifest, which is measured: \(what) cannot be added; deploy the module with them, or leave 'function' alone")
      }
      self = .image(program, manifest)
    } else {
      let first = program.prefix(8).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined(separator: " ")
      throw Refusal(
        .unprocessableContent,
        program.isEmpty
          ? "the program is empty; send a WebAssembly module or a trustlet image"
          : "the program is neither a WebAssembly module (00 61 73 6d) nor a trustlet image: it begins with \(first)")
    }
  }

  /// - Returns: where the program is, and copies of the rest.
  private static func parts(
    of body: borrowing [UInt8], _ contentType: String
  ) throws(Refusal) -> (program: Range<Int>, manifest: [UInt8], files: [String: [UInt8]]) {
    var program: Range<Int>?
    var manifest: [UInt8] = []
    var files: [String: [UInt8]] = [:]
    var seen: Set<String> = []
    for part in try MultipartForm(copy body, contentType: contentType).parts {
      guard seen.insert(part.name).inserted else { throw Refusal(.badRequest, "the form has two parts \(PrintableText.quoted(part.name))") }
      switch part.name {
      case "program": program = part.bytes.startIndex..<part.bytes.endIndex
      case "manifest": manifest = Array(part.bytes)
      default: files[part.name] = Array(part.bytes)
      }
    }
    guard let program else { throw Refusal(.badRequest, "the form has no part 'program', which is the module or the image") }
    return (program, manifest, files)
  }

  private static func manifest(_ bytes: [UInt8]) throws(Refusal) -> FunctionManifest {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Refusal(.unprocessableContent, "the manifest is no UTF-8 text") }
    do {
      return try FunctionManifest(yaml: text)
    } catch {
      throw Refusal(.unprocessableContent, error.message)
    }
  }

  /// The build runs here: what it puts into the image is what came with the request, and nothing of this machine.
  private static func check(_ manifest: FunctionManifest, has files: [String: [UInt8]]) throws(Refusal) {
    for (guest, path) in manifest.image.files.sorted(by: { $0.key < $1.key }) {
      let names = path.split(separator: "/", omittingEmptySubsequences: false)
      guard names.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
        throw Refusal(
          .unprocessableContent,
          "files: \(PrintableText.quoted(guest)) is to be \(PrintableText.quoted(path)), which is no path below the manifest's directory; "
            + "write it without '.', '..' and a slash at its ends")
      }
      guard files.keys.contains(where: { $0 == path || $0.hasPrefix(path + "/") }) else {
        throw Refusal(
          .unprocessableContent,
          "files: \(PrintableText.quoted(guest)) is to be \(PrintableText.quoted(path)), which did not come along; send it as a part of that name")
      }
    }
    let paths = files.keys.sorted()
    if let folder = paths.first(where: { folder in paths.contains { $0.hasPrefix(folder + "/") } }) {
      throw Refusal(.unprocessableContent, "the form's part \(PrintableText.quoted(folder)) is a file, and the folder of another part; rename one of them")
    }
    for path in files.keys.sorted() where !manifest.image.files.values.contains(where: { $0 == path || path.hasPrefix($0 + "/") }) {
      throw Refusal(.unprocessableContent, "the form has a part \(PrintableText.quoted(path)), which the manifest's 'files' does not name")
    }
  }
}
