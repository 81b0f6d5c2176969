/// Why a module was refused: what was wrong, and where in the binary.
public struct WasmError: Error, Sendable, Hashable {
  /// What kind of refusal it is: the specification's tests tell the first two apart.
  public enum Kind: Sendable, Hashable {
    /// The bytes do not follow the grammar of the binary format (specification 5).
    case malformed
    /// Well formed, but breaking a rule of validation (specification 3).
    case invalid
    /// Beyond what `DecodingLimits` permits.
    case limit
  }

  /// The byte of the module at which the fault was found.
  public var offset: Int
  public var kind: Kind
  /// Begins with the phrase of the specification's own test suite where that has one; values may follow.
  public var message: String
  /// The function in whose body the fault lies, by its index in the function index space.
  public var function: UInt32?
  public var functionName: String?
  /// The mnemonic of the instruction at fault.
  public var instruction: String?

  public init(offset: Int, kind: Kind, message: String) {
    self.offset = offset
    self.kind = kind
    self.message = message
  }
}

extension WasmError: CustomStringConvertible {
  public var description: String {
    var text = "\(message) (at byte 0x\(String(max(offset, 0), radix: 16))"
    if let function {
      text += ", in function \(function)"
      if let functionName { text += " " + quoted(functionName) }
    }
    if let instruction { text += ", \(instruction)" }
    return text + ")"
  }
}

extension WasmError {
  // Making an error is never the hot path; kept out of line so that the readers around it stay small.
  @inline(never)
  package static func malformed(_ message: String, at offset: Int) -> WasmError {
    WasmError(offset: offset, kind: .malformed, message: message)
  }

  @inline(never)
  package static func invalid(_ message: String, at offset: Int) -> WasmError {
    WasmError(offset: offset, kind: .invalid, message: message)
  }

  @inline(never)
  package static func overLimit(_ what: String, found: some BinaryInteger, allowed: Int, at offset: Int) -> WasmError {
    WasmError(offset: offset, kind: .limit, message: "\(what): \(found) found, at most \(allowed) allowed")
  }

  func within(function: UInt32, named name: String?, instruction: String?) -> WasmError {
    var error = self
    error.function = function
    error.functionName = name
    error.instruction = instruction
    return error
  }
}

/// A name from the module as it may stand in a message: names are hostile, so control characters are escaped (a
/// terminal would obey them) and the length is bounded.
public func quoted(_ name: String) -> String {
  let longest = 80
  var text = "\""
  for scalar in name.unicodeScalars.prefix(longest) {
    let isVisible = scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
    text += scalar.escaped(asASCII: !isVisible)
  }
  return text + (name.unicodeScalars.count > longest ? "…\"" : "\"")
}
