/// Failures that are known, each with its reason: the goal is an empty file.
public struct Expectations: Sendable {
  private var places: Set<String> = []

  public init() {}

  /// - Throws: when the file cannot be read.
  public init(path: String) throws {
    let text = String(decoding: try ScriptFile.contents(of: path), as: UTF8.self)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let place = line.split(separator: " ").first else { continue }
      places.insert(String(place))
    }
  }

  public func contains(_ file: String, _ line: Int) -> Bool { places.contains("\(file):\(line)") }
}
