/// Failures that are known, each with its reason: the goal is an empty file.
struct Expectations {
  private var places: Set<String> = []

  init() {}

  init(path: String) throws {
    let text = String(decoding: try WastFile.contents(of: path), as: UTF8.self)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let place = line.split(separator: " ").first else { continue }
      places.insert(String(place))
    }
  }

  func contains(_ file: String, _ line: Int) -> Bool { places.contains("\(file):\(line)") }
}
