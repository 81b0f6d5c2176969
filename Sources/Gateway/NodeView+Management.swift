import FunctionStore
import HTTPTypes
import Hummingbird

extension NodeView {
  /// What ``Management`` is to describe beside its own.
  public static var described: [Operation<ManagementContext>] {
    [
      Operation(
        "getStatistics", .get, "/v1/statistics", "What the node and its functions do, and have done since its start.", role: .read,
        parameters: listParameters,
        answers: [.init(200, "The node, and the functions that are asked for.", .init("application/json", ["type": "object"]))],
        problems: [400], handler: nil),
      Operation(
        "followStatistics", .get, "/v1/events", "The same each second, with rates, as server-sent events: 'statistics', and 'end' when the node ends.",
        role: .read, parameters: listParameters,
        answers: [.init(200, "Events without end.", .init("text/event-stream", ["type": "string"]))], problems: [400, 503], handler: nil),
      Operation(
        "getLog", .get, "/v1/functions/{name}/logs", "The last lines of a function's log, and those that come.", role: .read,
        parameters: [Operation.Parameter("name", .path, "The function.", OpenAPISchemas.name)] + logParameters,
        answers: [.init(200, "A line of JSON for each line; empty lines say nothing.", .init("application/x-ndjson", ["type": "string"]))],
        problems: [400, 404, 503], handler: nil),
      Operation(
        "getNodeLog", .get, "/v1/node/logs", "The last lines of the node's own log; for a token of all tenants.", role: .read,
        parameters: logParameters,
        answers: [.init(200, "A line of JSON for each line; empty lines say nothing.", .init("application/x-ndjson", ["type": "string"]))],
        problems: [400, 503], handler: nil),
      Operation(
        "getMetrics", .get, "/metrics", "The same for Prometheus, with the time that calls waited, cold and warm starts apart.", role: .read,
        answers: [.init(200, "Lines of its text format.", .init(MetricsPage.contentType, ["type": "string"]))], handler: nil),
    ]
  }

  private static var listParameters: [Operation<ManagementContext>.Parameter] {
    [
      .init("filter", .query, "Only functions whose names have this in them."),
      .init("sort", .query, "The greatest first, or by name.", ["type": "string", "enum": .array(StatisticsQuery.Order.allCases.map { .string($0.rawValue) })]),
      .init("offset", .query, "So many functions are left out.", ["type": "integer", "minimum": 0]),
      .init("limit", .query, "So many functions at most.", ["type": "integer", "minimum": 0, "maximum": .number(Int64(StatisticsQuery.limit))]),
      .init("histograms", .query, "Whether each function's times come with their buckets.", ["type": "boolean"]),
      .init("function", .query, "One function that is shown in full."),
    ]
  }

  private static var logParameters: [Operation<ManagementContext>.Parameter] {
    [
      .init("tail", .query, "So many of the last lines.", ["type": "integer", "minimum": 0, "maximum": .number(Int64(LogRing.lineLimit))]),
      .init("follow", .query, "Whether to go on with the lines that come.", ["type": "boolean"]),
    ]
  }
}
