import Testing

/// The house as it is drawn: every folder of `Sources` is in the README, and every room has a page.
@Suite struct RoomTests {
  @Test func everyFolderOfSourcesIsInTheReadme() throws {
    let links = try Set(Document("README.md").links)
    for folder in try Package.folders(in: "Sources") {
      #expect(links.contains("Sources/\(folder)"), "README.md does not say what Sources/\(folder) is")
    }
  }

  /// Rooms are what the table of floors names.
  @Test func everyRoomHasAPage() throws {
    let rows = try Document("README.md").text.split(separator: "\n").filter { $0.contains(/^\| [0-9] \|/) }
    let rooms = rows.flatMap { $0.matches(of: /\[`([A-Z][A-Za-z]+)`\]\(Sources\//).map { String($0.1) } }
    #expect(rooms.count > 10)
    for room in rooms where room != "CLinux" {
      let page = "Sources/\(room)/\(room).docc/\(room).md"
      #expect(Package.exists(page), "there is no \(page)")
      guard Package.exists(page) else { continue }
      #expect(try Package.text(page).hasPrefix("# ``\(room)``\n"), "\(page) is not about \(room)")
    }
  }

  /// A symbol that a page lists is declared in that room.
  @Test func everyListedSymbolExists() throws {
    for page in try Package.files(below: "Sources", endingWith: ".md") {
      let room = page.split(separator: "/")[1]
      let text = try Package.files(below: "Sources/\(room)", endingWith: ".swift").map(Package.text).joined()
      for line in try Package.text(page).split(separator: "\n") {
        guard let match = line.firstMatch(of: /^- ``([A-Za-z0-9\/]+)/), let name = match.1.split(separator: "/").last else { continue }
        let declaration = try Regex("(struct|enum|class|protocol|typealias|actor|func|var|let|case|extension|init)\\b[^\\n]*\\b\(name)\\b")
        let isDeclared = text.contains(declaration)
        #expect(isDeclared, "\(page): \(room) declares no \(name)")
      }
    }
  }
}
