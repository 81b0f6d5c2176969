import NIOHTTP1

/// Functions under `/f/NAME/` answer under the same origin as the dashboard, which keeps a token in its tab. What they answer is therefore
/// confined: a page of theirs runs with an origin of its own that is nobody's (a sandbox of Content-Security-Policy), and headers that speak for
/// the whole origin do not pass. Under `NAME.localhost` a function has its origin to itself and needs none of this.
package enum SharedOrigin {
  /// What a page of a function may still do: everything but being of this origin.
  static let sandbox = "sandbox allow-downloads allow-forms allow-modals allow-pointer-lock allow-popups allow-scripts"

  /// Headers by which one answer changes what a browser does with the others' of its origin.
  static let forbidden: Set<String> = [
    "service-worker-allowed", "clear-site-data", "strict-transport-security", "alt-svc", "origin-agent-cluster", "nel", "report-to",
    "reporting-endpoints", "speculation-rules", "use-as-dictionary",
  ]

  /// A bit for each.
  private static let lengths = forbidden.reduce(UInt64(0)) { $0 | 1 << UInt64($1.utf8.count) }

  /// - Parameter headers: of a function's answer. Policies add up, so that the function's own can only confine it further.
  package static func confine(_ headers: inout HTTPHeaders) {
    // Most answers have none of these, and no string is made to find that out.
    let suspects = headers.compactMap { lengths >> UInt64($0.name.utf8.count) & 1 != 0 ? $0.name.lowercased() : nil }
    for name in suspects where forbidden.contains(name) { headers.remove(name: name) }
    headers.add(name: "content-security-policy", value: sandbox)
  }
}
