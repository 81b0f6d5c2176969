import Testing

/// Documents name the tests that would fail if they were wrong. A test that is renamed must not leave a claim without one.
@Suite struct NamedTestsTests {
  /// What a suite's name stands for: its own text, or all files of the target of that name.
  private static func suites() throws -> [String: String] {
    var found: [String: String] = [:]
    for path in try Package.files(below: "Tests", endingWith: ".swift") {
      let text = try Package.text(path)
      var names = text.matches(of: /(?:struct|enum|class|extension) ([A-Za-z0-9]+Tests)\b/).map { String($0.1) }
      if let target = path.split(separator: "/").dropFirst().first { names.append(String(target)) }
      for name in Set(names) { found[name, default: ""] += text }
    }
    return found
  }

  @Test func everyNamedTestExists() throws {
    let suites = try Self.suites()
    var count = 0
    for document in try Document.all() {
      for span in document.codeSpans {
        guard let match = span.wholeMatch(of: /([A-Z][A-Za-z0-9]+Tests)(?:\.([a-zA-Z]+))?/) else { continue }
        count += 1
        let text = suites[String(match.1)]
        #expect(text != nil, "\(document.path): there is no suite or test target \(match.1)")
        guard let text, let function = match.2 else { continue }
        #expect(text.contains("func \(function)("), "\(document.path): \(match.1) has no test \(function)")
      }
    }
    #expect(count > 30)
  }

  /// A claim's second test of the same suite stands by its own name.
  @Test func everyTestNamedWithoutItsSuiteExists() throws {
    let tests = try Package.files(below: "Tests", endingWith: ".swift").map(Package.text).joined()
    let sources = try Package.files(below: "Sources", endingWith: ".swift").map(Package.text).joined()
    for document in [try Document("SECURITY.md"), try Document("SPECIFICATION.md")] {
      for span in document.codeSpans where span.wholeMatch(of: /[a-z]+[A-Z][A-Za-z]+/) != nil {
        let exists = tests.contains("func \(span)(") || sources.contains(span)
        #expect(exists, "\(document.path): there is no test \(span)")
      }
    }
  }

  /// `ScenarioTests` ("guest: ..."): scenarios are values, found by the beginning of their names.
  @Test func everyNamedScenarioExists() throws {
    let scenarios = try Package.files(below: "Tests/MachineScenarios", endingWith: ".swift").map(Package.text).joined()
    let claims = try Document("SECURITY.md").text
    var count = 0
    for list in claims.matches(of: /ScenarioTests`\s+\(("[^)]*")\)/) {
      for name in list.1.matches(of: /"([^"]+)"/) {
        count += 1
        for part in String(name.1).split(separator: "...") {
          let words = part.split(separator: ": ").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
          #expect(scenarios.contains(words), "SECURITY.md: no scenario has \"\(words)\" in its name")
        }
      }
    }
    #expect(count >= 5)
  }

  @Test func everyClaimHasANumberAndATest() throws {
    let lines = try Document("SECURITY.md").text.split(separator: "\n", omittingEmptySubsequences: false)
    var numbers: [Int] = []
    var claims: [String] = []
    var isClaim = false
    for line in lines {
      if let match = line.firstMatch(of: #/^([0-9]+)\. /#) {
        numbers.append(Int(match.1) ?? 0)
        claims.append(String(line))
        isClaim = true
      } else if isClaim, line.hasPrefix("  ") {
        claims[claims.count - 1] += " " + line
      } else {
        isClaim = false
      }
    }
    #expect(numbers == Array(1...max(1, numbers.count)))
    for claim in claims {
      #expect(claim.contains(/`[A-Za-z0-9]+Tests|`Scripts\/|`Fuzz\//), "names no test: \(claim)")
    }
  }

  @Test func everyNamedFileExists() throws {
    for document in try Document.all() {
      let folder = document.path.split(separator: "/").dropLast().joined(separator: "/")
      for link in document.links {
        #expect(Package.exists(link) || Package.exists("\(folder)/\(link)"), "\(document.path): there is no \(link)")
      }
      let folders = "Scripts|Tests|Sources|Documentation|Guest|Examples|Benchmarks|Fuzz"
      let path = try Regex<(Substring, Substring)>("(?:^|[\\s`(])((?:\(folders))/[A-Za-z0-9+_/.-]*[A-Za-z0-9])")
      for match in document.text.matches(of: path) {
        #expect(Package.exists(String(match.1)), "\(document.path): there is no \(match.1)")
      }
      for target in document.text.matches(of: /Fuzz\/run ([A-Z][A-Za-z]+[a-z])\b/) {
        #expect(Package.exists("Fuzz/\(target.1)Fuzz.swift"), "\(document.path): there is no fuzz target \(target.1)")
      }
    }
  }
}
