import Foundation
import FunctionStore
import KilledScenarios
import SampleFunctions
import SeededNumbers
import Testing
import TrustletImage

/// A process that changes the state as fast as it can is killed at random, again and again; behind each kill the state is whole: what was
/// acknowledged is there, and of what was not either all or nothing.
@Suite struct KilledStoreTests {
  @Test func nothingIsHalfDone() throws {
    let seed = KilledScenario.seed()
    let scenario = try KilledScenario("store-scenario")
    var random = SeededGenerator(seed: seed)
    let directory = try ScratchDirectory()
    var images: [String] = []
    for number in 0..<5 as Range<UInt8> {
      let path = "\(directory.path)/\(number).trustlet"
      try Data(try SampleImages.image(number)).write(to: URL(fileURLWithPath: path))
      images.append(path)
    }
    var expected: [String: String] = [:]
    var changes = 0
    for round in 0..<KilledScenario.rounds {
      let lines = try scenario.runAndKill(
        [directory.path + "/data", "\(random.next())"] + images, after: Double(UInt64.random(in: 0...150, using: &random)) / 1000)
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
    print("\(KilledScenario.rounds) kills, \(changes) changes were acknowledged before them")
    #expect(changes > KilledScenario.rounds)
  }
}
