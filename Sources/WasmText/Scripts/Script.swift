/// A specification script (`.wast`): modules, actions on them, and what must come of those.
///
/// Names of exports and registered modules are `String`s of exactly the script's bytes. Compare them as UTF-8
/// (`elementsEqual` on `utf8`): a module may export two names that `String` calls equal.
public struct Script: Sendable {
  public var commands: [Command]

  public init(commands: [Command]) { self.commands = commands }
}

extension Script {
  /// One form of a script, where it stands.
  public struct Command: Sendable {
    /// Of the opening parenthesis, from 1.
    public var line: Int
    public var kind: Kind

    public init(line: Int, kind: Kind) {
      self.line = line
      self.kind = kind
    }
  }

  /// What the form asks for.
  public enum Kind: Sendable {
    /// `(module ...)` or `(component ...)`: defined and instantiated.
    case module(ScriptModule)
    /// `(module definition ...)` or `(component definition ...)`: only defined.
    case moduleDefinition(ScriptModule)
    /// `(module instance $name $of)`, or the same of a component; without `of`, the definition before it.
    case moduleInstance(name: String?, of: String?)
    case register(as: String, module: String?)
    case action(Action)
    case assertReturn(Action, [Expected])
    case assertTrap(Action, message: String)
    case assertExhaustion(Action, message: String)
    /// Nothing catches what the action throws.
    case assertException(Action)
    /// Instantiation must trap.
    case assertModuleTrap(ScriptModule, message: String)
    case assertMalformed(ScriptModule, message: String)
    case assertInvalid(ScriptModule, message: String)
    case assertUnlinkable(ScriptModule, message: String)
  }

  /// A module or component as a script has it.
  public struct ScriptModule: Sendable {
    public enum Layer: Sendable { case module, component }
    /// Whether it is a core module or a component.
    public var layer: Layer
    /// Without the `$`.
    public var name: String?
    public var source: Source

    public init(layer: Layer = .module, name: String?, source: Source) {
      self.layer = layer
      self.name = name
      self.source = source
    }
  }

  /// In which form it stands in the script.
  public enum Source: Sendable {
    /// A binary module, given as such or encoded from a text that stood in the script.
    case binary([UInt8])
    /// A text given in strings, for `Wat.encode` or `Wat.encodeComponent`, which may refuse it.
    case quote([UInt8])
    /// A text that stood in the script and could not be encoded.
    case failed(WatError)
  }

  /// `module` is the name of an earlier module, nil for the last one.
  public enum Action: Sendable {
    case invoke(module: String?, field: String, [Value])
    case get(module: String?, field: String)
  }

  /// An argument or a result; floating-point numbers as bit patterns.
  public enum Value: Sendable, Hashable {
    case i32(UInt32)
    case i64(UInt64)
    case f32(UInt32)
    case f64(UInt64)
    /// 16 bytes, the lowest lane first, each lane's lowest byte first.
    case v128([UInt8])
    /// The heap type, such as "func" or "extern".
    case refNull(String)
    /// The host reference with this number.
    case refExtern(UInt32)
    /// A function without further description.
    case refFunc
    /// An argument or a result of a component's function.
    case component(ComponentValue)
  }

  /// What a result has to be.
  public enum Expected: Sendable, Hashable {
    case value(Value)
    case f32CanonicalNaN, f32ArithmeticNaN
    case f64CanonicalNaN, f64ArithmeticNaN
    /// A vector with at least one lane that is a NaN of some kind; all other vectors are a `value`.
    case v128(VectorShape, [ExpectedLane])
    /// Any function, any host reference, any null.
    case refFuncAny, refExternAny, refNullAny
    case either([Expected])
  }

  /// How the lanes of a vector are written (specification 6.5.9).
  public enum VectorShape: String, Sendable, Hashable, CaseIterable {
    case i8x16, i16x8, i32x4, i64x2, f32x4, f64x2
  }

  /// A lane, the lowest one first.
  public enum ExpectedLane: Sendable, Hashable {
    /// The lane's bits, zero-extended.
    case bits(UInt64)
    case canonicalNaN
    case arithmeticNaN
  }
}
