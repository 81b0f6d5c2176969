import Foundation
import Glibc
import Testing

/// Whenever `coffer` is ended from outside, nothing that it started goes on, and no file is left that is not whole.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding), .serialized)
struct EndingTests {
  /// Built without a cache, so that compilers run; without it a run is an endless program's.
  enum Action: String, CaseIterable, CustomTestStringConvertible {
    case build, buildOverAnother
    case runOnKVM, runOnProcess
    case runModule

    var testDescription: String { rawValue }

    var arguments: [String] {
      switch self {
      case .build, .buildOverAnother: ["build", "example:wordcount", "-o", "out.trustlet"]
      case .runOnKVM: ["run", "endless.trustlet"]
      case .runOnProcess: ["run", "--machine", "process", "endless.trustlet"]
      case .runModule: ["run", "example:wordcount", "--dir", ".::/here", "--", "/here/endless.wasm"]
      }
    }

    /// Microseconds within which it is ended: what it takes, or a little more.
    var span: UInt32 {
      switch self {
      case .build, .buildOverAnother, .runModule: 1_200_000
      case .runOnKVM, .runOnProcess: 250_000
      }
    }
  }

  private final class Place {
    let work: Workplace
    let image: [UInt8]

    init() throws {
      work = try Workplace()
      try FileManager.default.createDirectory(atPath: work.path + "/temporary", withIntermediateDirectories: true)
      try work.module("endless.wasm", "(module (memory (export \"memory\") 1) (func (export \"_start\") (loop $next (br $next))))")
      try #require(try work.run("build", "endless.wasm", environment: ["COFFER_CACHE": ""]).status == 0)
      try #require(try work.run("build", "example:wordcount", "-o", "whole.trustlet", environment: ["COFFER_CACHE": ""]).status == 0)
      image = try work.bytes("whole.trustlet")
    }

    func end(_ action: Action, by signal: Int32, after delay: UInt32) throws {
      if action == .buildOverAnother { try work.write("out.trustlet", [1, 2, 3]) }
      let command = try RunningCommand(
        action.arguments, in: work.path, environment: ["COFFER_CACHE": "", "TMPDIR": work.path + "/temporary"])
      usleep(delay)
      let descendants = command.send(signal)
      let ending = command.end()
      let context = "\(action) after \(delay) us"
      #expect(ending == nil || ending == signal, "\(context)")
      for descendant in descendants { #expect(!descendant.survives, "\(descendant) goes on: \(context)") }
      var names = Set(work.names)
      if names.remove("out.trustlet") != nil {
        let found = try work.bytes("out.trustlet")
        #expect(found == image || (action == .buildOverAnother && found == [1, 2, 3]), "\(found.count) bytes: \(context)")
        try FileManager.default.removeItem(atPath: work.path + "/out.trustlet")
      } else {
        #expect(action != .buildOverAnother, "what was there is gone: \(context)")
      }
      #expect(names == ["endless.trustlet", "endless.wasm", "temporary", "whole.trustlet"], "\(names): \(context)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: work.path + "/temporary") == [], "\(context)")
    }
  }

  @Test(arguments: Action.allCases)
  func killedAtAnyTime(action: Action) throws {
    let place = try Place()
    // The same times in each run of the tests; what happens then is the machine's affair.
    var state: UInt64 = 20261121
    for _ in 0..<8 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      try place.end(action, by: SIGKILL, after: UInt32(truncatingIfNeeded: state >> 33) % action.span)
    }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP], [Action.buildOverAnother, .runOnKVM, .runOnProcess])
  func endsByItsSignals(signal: Int32, action: Action) throws {
    let place = try Place()
    for part in [10, 2] as [UInt32] { try place.end(action, by: signal, after: action.span / part) }
  }
}
