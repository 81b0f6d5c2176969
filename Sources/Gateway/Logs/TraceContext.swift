import NIOHTTP1

/// The trace that a request belongs to: its caller's, or a new one.
package struct TraceContext: Hashable, Sendable {
  /// A `traceparent` as the function is told it: the trace, and this node's step of it. The answer says the same as `traceresponse`, as the W3C's
  /// drafts of level 3 have it.
  package let parent: String
  /// A `tracestate`; empty if there is none.
  package let state: String

  /// A `traceparent` that is none, or several of them, begin a new trace; a `tracestate` that is none is dropped, and so is one without its trace.
  package init(_ headers: HTTPHeaders) {
    // Most callers trace nothing: no array is made for them.
    if headers.contains(name: "traceparent") {
      self.init(parents: headers["traceparent"], states: headers["tracestate"])
    } else {
      self.init(parents: [], states: [])
    }
  }

  package init(parents: [String], states: [String]) {
    var generator = RandomNumbers()
    let step = UInt64.random(in: 1...UInt64.max, using: &generator)
    if parents.count == 1, let sent = parents.first, let caller = try? TraceParent(sent) {
      parent = TraceParent(trace: caller.trace, parent: step, flags: caller.flags).description
      state = (try? TraceState(states))?.text ?? ""
    } else {
      let trace = TraceIdentifier(high: generator.next(), low: UInt64.random(in: 1...UInt64.max, using: &generator))
      parent = TraceParent(trace: trace, parent: step, flags: TraceParent.random).description
      state = ""
    }
  }
}
