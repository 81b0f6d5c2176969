import Glibc

/// Where a node keeps its state, and commands look for its token, when nobody says.
public enum StandardDirectory {
  /// COFFER_DATA; or else coffer/node below XDG_DATA_HOME or ~/.local/share.
  public static func path(_ variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }) -> String {
    func set(_ name: String) -> String? { variable(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
    if let path = variable("COFFER_DATA"), !path.isEmpty { return path }
    if let path = set("XDG_DATA_HOME") { return "\(path)/coffer/node" }
    return "\(set("HOME") ?? "/var/lib")/.local/share/coffer/node"
  }

  public static func adminToken(in directory: String) -> String { "\(directory)/admin-token" }
}
