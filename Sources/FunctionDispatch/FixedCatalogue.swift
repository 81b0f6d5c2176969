/// Functions that stay as they are.
public struct FixedCatalogue: FunctionCatalogue {
  public var routes: [String: Route]

  public init(_ routes: [Route] = []) {
    self.routes = Dictionary(routes.map { ($0.function, $0) }) { _, last in last }
  }

  public func route(_ function: String) -> Route? { routes[function] }
}
