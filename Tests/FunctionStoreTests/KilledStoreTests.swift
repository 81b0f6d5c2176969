import Foundation
import FunctionStore
import SampleFunctions
import Testing
import TrustletImage

/// A process that changes the state as fast as it can is killed at random, again and again; behind each kill the state is whole: what was
/// acknowledged is there, and of what was not either all or nothing.
@Suite struct KilledStoreTests {
  private static let rounds = ProcessInfo.processInfo.environment["COFFER_KILL_ROUNDS"].flatMap { Int($0) } ?? 25

  @Test func nothingIsHalfDone() throws {
    let seed = ProcessInfo.processInfo.environment["COFFER_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    print("seed: COFFER_SEED=\(seed)")
    var random = SeededRandom(state: seed)
    let directory = try ScratchDirectory()
    var images: [String] = []
    for number in 0..<5 as Range<UInt8> {
      let path = "\(directory.path)/\(number).trustlet"
      try Data(try SampleImages.image(number)).write(to: URL(fileURLWithPath: path))
      images.append(path)
    }
    var expected: [String: String] = [:]
    var changes = 0
    for round in 0..<Self.rounds {
      let output = try Self.runAndKill(
        directory.path + "/data", seed: random.next(), images, after: Double(UInt64.random(in: 0...150, using: &random)) / 1000)
      // The line that the kill cut off says nothing.
      let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { $0.split(separator: " ").map(String.init) }
      var begun: [String]?
      for line in lines {
        switch line.first {
        case "begin": begun = line
        case "done":
          try #require(line.count == 3, "\(line)")
          expected[line[1]] = line[2]
          changes += 1
          begun = nil
        case "refused": begun = nil
        default: break
        }
      }
      let store = try FunctionStore(directory: directory.path + "/data")
      let place = "round \(round), seed \(seed)"
      #expect(store.missingImages().isEmpty, "\(place)")
      for name in (0..<4).map({ "f\($0)" }) {
        let record = store.function(name)
        let serving = record.map { $0.serving.map { "\($0.measurement)=\($0.percent)" }.sorted().joined(separator: ",") } ?? "none"
        if let record {
          #expect(record.serving.reduce(0) { $0 + $1.percent } == 100, "\(place): \(name)")
          for share in store.route(name)?.revisions ?? [] {
            #expect(try TrustletImage.read(path: share.revision.imageFile).measurement.description == share.revision.measurement, "\(place): \(name)")
          }
          #expect(record.isBuilding == (try store.pendingBuilds().contains { $0.function == name }), "\(place): \(name)")
        }
        // The change that was under way may have been done, or not.
        if begun?[1] != name { #expect(serving == expected[name] ?? "none", "\(place): \(name)") }
        expected[name] = serving
      }
      let kept = Set(store.functions().flatMap { $0.revisions.map(\.measurement) })
      let files = try directory.names("data/images")
      #expect(Set(files.map { String($0.prefix(96)) }) == kept, "\(place)")
      #expect(Set(try directory.names("data/sources")).count == (try store.pendingBuilds().count), "\(place)")
    }
    print("\(Self.rounds) kills, \(changes) changes were acknowledged before them")
    #expect(changes > Self.rounds)
  }

  private static func runAndKill(_ data: String, seed: UInt64, _ images: [String], after delay: Double) throws -> String {
    let process = Process()
    process.executableURL = try scenario
    process.arguments = [data, "\(seed)"] + images
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    // It is not killed before it has begun: that would be no test.
    var text = Data()
    while !text.contains(UInt8(ascii: "\n")) {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { break }
      text += more
    }
    Thread.sleep(forTimeInterval: delay)
    kill(process.processIdentifier, SIGKILL)
    text += output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
  }

  /// Beside the tests.
  private static var scenario: URL {
    get throws {
      var folder = Bundle.main.bundleURL
      for _ in 0..<4 {
        let candidate = folder.appendingPathComponent("store-scenario")
        if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        folder.deleteLastPathComponent()
      }
      throw CocoaError(.fileNoSuchFile)
    }
  }
}

struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
