import ComponentFormat
import ComponentValues
import Examples
import TrustletImage
import WASIComponents
import WasmFormat

/// What a user names when they say "run this": a module, a component, an image, or one of Coffer's examples.
public enum Application: Sendable {
  /// The bytes of a WebAssembly module or component.
  case module([UInt8], name: String)
  case image(TrustletImage, name: String)

  /// How an example is named on the command line.
  public static let examplePrefix = "example:"
  /// No module larger than this is read at all.
  public static let moduleSizeLimit: UInt64 = 1 << 30

  /// - Throws: ``ApplicationError``; also for an image that is damaged.
  public static func load(_ reference: String) throws -> Application {
    if reference.hasPrefix(examplePrefix) {
      let name = String(reference.dropFirst(examplePrefix.count))
      guard let example = Example.named(name) else {
        throw ApplicationError.noExample(name, known: Example.all.map(\.name))
      }
      guard example.isComponent else { return .module(example.module, name: name) }
      return .module(try ClientComponent.make(of: try Module.decode(example.module)), name: name)
    }
    guard !reference.isEmpty else { throw ApplicationError.noName }
    let name = String(reference.split(separator: "/").last ?? Substring(reference))
    let start = try SmallFile.prefix(of: reference, count: 64)
    if start.starts(with: [0x00, 0x61, 0x73, 0x6D]) {
      return .module(try SmallFile.contents(of: reference, limit: moduleSizeLimit), name: name)
    }
    if TrustletImage.isImage(start) {
      do throws(ImageError) {
        return .image(try TrustletImage.read(path: reference), name: name)
      } catch {
        throw ApplicationError.unusableImage(reference, error)
      }
    }
    if isText(start, named: reference) { throw ApplicationError.text(reference) }
    throw ApplicationError.unknownFormat(reference, found: start)
  }

  /// Whether a file that is nothing else begins as the text format does: with a module, a component or a comment.
  private static func isText(_ start: [UInt8], named name: String) -> Bool {
    // White space, and the mark with which some editors begin a text.
    let words = start.drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if [".wat", ".wast"].contains(where: name.hasSuffix), [0x28, 0x3B].contains(words.first) { return true }
    return ["(module", "(component", ";;", "(;"].contains { words.starts(with: $0.utf8) }
  }

  /// Of a component: what it imports and exports, in WIT.
  ///
  /// - Throws: ``BuildError`` for a component that is malformed or invalid.
  public func worldText() throws(BuildError) -> String? {
    guard case .module(let bytes, _) = self, TrustletBuilder.isComponent(bytes) else { return nil }
    do {
      return try ComponentBinary.decode(bytes).worldText
    } catch {
      throw BuildError(error)
    }
  }

  /// Of a component, or its image: the functions that it exports.
  ///
  /// - Throws: ``BuildError`` for a component that is malformed or invalid.
  public func componentFunctions() throws(BuildError) -> ComponentFunctions? {
    switch self {
    case .module(let bytes, _) where TrustletBuilder.isComponent(bytes):
      do {
        return ComponentFunctions(try ComponentBinary.decode(bytes))
      } catch {
        throw BuildError(error)
      }
    case .image(let image, _) where !image.interface.isEmpty:
      do throws(ValueError) {
        return try ComponentFunctions(encoded: Array(image.interface))
      } catch {
        throw BuildError(stage: .image, message: error.description)
      }
    default: return nil
    }
  }

  public var name: String {
    switch self {
    case .module(_, let name), .image(_, let name): name
    }
  }
}

/// Why there is nothing to build or run.
public enum ApplicationError: Error, Sendable, CustomStringConvertible {
  case noName
  case unreadable(path: String, reason: String)
  case tooLarge(path: String, size: UInt64, limit: UInt64)
  case noExample(String, known: [String])
  case unusableImage(String, ImageError)
  case text(String)
  case unknownFormat(String, found: [UInt8])

  private static let expected = "a WebAssembly module or component, a trustlet image or example:NAME"

  public var description: String {
    switch self {
    case .noName: return "the program's name is empty; expected \(Self.expected)"
    case .unreadable(let path, let reason): return "cannot read \(path): \(reason); expected \(Self.expected)"
    case .tooLarge(let path, let size, let limit):
      return "\(path) has \(ByteCount(bytes: size)); expected at most \(ByteCount(bytes: limit))"
    case .noExample(let name, let known):
      return "there is no example \"\(name)\"; there are: \(known.joined(separator: ", "))"
    case .unusableImage(let path, let error):
      return "\(path): \(error)"
    case .text(let path):
      let module = [".wat", ".wast"].first(where: path.hasSuffix).map { path.dropLast($0.count) + ".wasm" } ?? "module.wasm"
      return "\(path) is WebAssembly in the text format; coffer takes modules in the binary format: wat2wasm \(path) -o \(module)"
    case .unknownFormat(let path, let found):
      let bytes = found.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
      return "\(path) is neither a WebAssembly module or component (00 61 73 6d) nor a trustlet image (89 43 46 52): it begins with "
        + "\(bytes.isEmpty ? "nothing" : bytes); compile the program for wasm32-wasip1 or wasm32-wasip2, and give what the compiler wrote"
    }
  }
}
