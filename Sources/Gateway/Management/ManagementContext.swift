import FunctionStore
import Hummingbird

/// A request of which it is known who sends it.
public protocol CallerContext: RequestContext {
  /// Nil where no token was shown.
  var caller: Caller? { get set }
}

extension CallerContext {
  /// - Throws: 401, or 403 for somebody who may not so much.
  public func caller(atLeast role: Role) throws(Refusal) -> Caller {
    guard let caller else { throw Authentication.missing }
    guard caller.role >= role else {
      throw Refusal(.forbidden, "the token \(caller.token) has the role '\(caller.role.rawValue)'; this needs '\(role.rawValue)'")
    }
    return caller
  }
}

public struct ManagementContext: CallerContext {
  public var coreContext: CoreRequestContextStorage
  public var caller: Caller?

  public init(source: Source) { coreContext = CoreRequestContextStorage(source: source) }
}
