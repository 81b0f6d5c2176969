import WasmFormat

/// The core function that a component function is called as (Canonical ABI, `flatten_functype`).
public struct FunctionLowering: Sendable {
  /// Whether the core function is what a component is called by, or what it calls by.
  public enum Context: Sendable { case lift, lower }
  public var core: FunctionType
  /// Whether the parameters, or the result, are passed as the address of a tuple of them.
  public var parametersInMemory: Bool
  public var resultInMemory: Bool

  public init(_ type: ComponentFunctionType, isAsync: Bool, hasCallback: Bool, _ context: Context, in types: TypeTable) {
    let parameters = Self.flat(type.parameters.map(\.type), in: types)
    let results = type.result.map { types.layout(of: $0).flat } ?? []
    let parameterLimit =
      isAsync && context == .lower ? ValueLayout.flatAsyncParameterLimit : ValueLayout.flatParameterLimit
    parametersInMemory = parameters.count > parameterLimit
    core = FunctionType(parameters: parametersInMemory ? [.i32] : parameters)
    switch (context, isAsync) {
    case (.lift, false):
      resultInMemory = results.count > ValueLayout.flatResultLimit
      core.results = resultInMemory ? [.i32] : results
    case (.lift, true):
      // The result goes by `task.return`, whose parameters it is.
      resultInMemory = results.count > ValueLayout.flatParameterLimit
      core.results = hasCallback ? [.i32] : []
    case (.lower, false):
      resultInMemory = results.count > ValueLayout.flatResultLimit
      if resultInMemory { core.parameters.append(.i32) } else { core.results = results }
    case (.lower, true):
      resultInMemory = !results.isEmpty
      if resultInMemory { core.parameters.append(.i32) }
      core.results = [.i32]
    }
  }

  /// As many core values as make a difference: one more than may be passed without memory.
  private static func flat(_ parameters: [ComponentValueType], in types: TypeTable) -> [ValueType] {
    var flat: [ValueType] = []
    for type in parameters where flat.count <= ValueLayout.flatParameterLimit { flat += types.layout(of: type).flat }
    return flat
  }
}
