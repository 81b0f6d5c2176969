import ComponentFormat
import Testing
import WasmFormat
import WasmText

/// The component model's scripts: what is good is accepted, what is not is refused, and for the reason that the script gives.
@Suite(.enabled(if: Vectors.folder != nil, "shared/vectors/component is missing: 24 scripts not read"))
struct VectorTests {
  @Test func thereAreAllScripts() { #expect(Vectors.scripts.count == 24) }

  @Test(arguments: Vectors.scripts)
  func script(_ name: String) throws {
    for command in try Vectors.script(name).commands {
      let place = "\(name):\(command.line)"
      switch command.kind {
      case .module(let module), .moduleDefinition(let module):
        let fault = fault(module)
        #expect(fault == nil, "\(place) was refused: \(fault ?? "")")
      case .assertInvalid(let module, let message), .assertMalformed(let module, let message):
        guard let fault = fault(module) else {
          Issue.record("\(place) was accepted: \(message)")
          continue
        }
        #expect(says(fault, message), "\(place): \(fault) instead of \(message)")
      default: break
      }
    }
  }

  private func fault(_ module: Script.ScriptModule) -> String? {
    do {
      switch (module.layer, module.source) {
      case (.component, .binary(let bytes)): _ = try ComponentBinary.decode(bytes)
      case (.component, .quote(let text)): _ = try ComponentBinary.decode(try Wat.encodeComponent(text))
      case (.module, .binary(let bytes)): try Module.decode(bytes).validate()
      case (.module, .quote(let text)): try Module.decode(try Wat.encode(text)).validate()
      case (_, .failed(let error)): throw error
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Whether a message has the words of the script's, or those that stand for them here.
  private func says(_ fault: String, _ message: String) -> Bool {
    func plain(_ text: String) -> String { text.filter { $0 != "\"" && $0 != "`" } }
    let (fault, message) = (plain(fault), plain(message))
    return message.isEmpty || fault.contains(message)
      || Self.otherwise.contains { message.contains($0.script) && fault.contains($0.here) }
  }

  private static let otherwise: [(script: String, here: String)] = [
    ("unexpected end-of-file", "unexpected end of section"), ("unexpected end-of-file", "length out of bounds"),
    ("section out of order", "unexpected content after last section"),
    ("expected a version header for a module", "a component, not a module"), ("not a valid name", "must be an interface name"),
    ("invalid string escape", "illegal escape"), ("shared flag", "unknown operator shared"),
    ("is not a tag", "is not a core tag"),
    ("does not match expected resource name", "does not have a name in this context"),
    // Previous ones are named without the word for them.
    ("conflicts with previous", "conflicts with previous"),
    // Where a name has too many parts, the first wrong part is named.
    ("expected / after package name", "bar:baz is not in kebab case"), ("trailing characters found", "baz/qux is not in kebab case"),
    (" is not in kebab case", "expected / after package name"),
    ("empty string", "is not a version"), ("empty identifier segment", "is not a version"),
    ("unexpected character", "is not a version"), ("unexpected end of input", "is not a version"),
    ("expected: (func)", "expected: () -> ()"), ("component outer alias kind", "component outer alias kind"),
    ("expected primitive u32 found primitive string", "expected primitive u32, found primitive string"),
    ("expected primitive, found record", "expected u32, found record"),
    ("to have no type", "expected no type"), ("to have a type", "expected a type"),
    ("ok type to not be present", "expected no type for the ok"), ("err type to not be present", "expected no type for the err"),
    ("expected ok type, but found none", "expected a type for the ok"),
    ("expected err type, but found none", "expected a type for the err"),
    ("expected a result, found none", "expected no type for the function result"),
    ("type mismatch with result type", "type mismatch in function result"),
  ]
}
