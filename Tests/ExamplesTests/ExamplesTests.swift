import Examples
import Foundation
import Testing

@Suite struct ExamplesTests {
  @Test func theExamplesANewcomerLooksFor() {
    #expect(Example.all.map(\.name) == ["crash", "echo", "flood", "greeting", "hello", "ledger", "loop", "mandelbrot", "password", "web", "wordcount"])
    #expect(Example.named("nothing") == nil)
  }

  @Test(arguments: Example.all.map(\.name))
  func isAModuleWithASourceAndASummary(name: String) throws {
    let example = try #require(Example.named(name))
    #expect(example.module.prefix(8) == [0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0])
    #expect(example.summary.hasSuffix("."))
    #expect(FileManager.default.fileExists(atPath: packageRoot.appending(path: example.source).path))
    // Named so only in the section of names, which trap messages need.
    #expect(Data(example.module).range(of: Data((example.isComponent ? "handle_request" : "wasi_proc_exit").utf8)) != nil)
  }

  @Test(
    .enabled(if: !WasmRuntime.installed.isEmpty, "neither wasmkit nor Python's wasmtime is installed"),
    arguments: ExampleRun.all)
  func runsAsExpected(run: ExampleRun) throws {
    for runtime in WasmRuntime.installed {
      let result = try runtime.run(run)
      #expect(result.output == run.output, "under \(runtime.name)")
      if run.complaint.isEmpty {
        #expect(result.complaints == "", "under \(runtime.name)")
      } else {
        #expect(result.complaints.contains(run.complaint), "under \(runtime.name)")
      }
      switch run.ending {
      case .status(let status): #expect(result.status == status, "under \(runtime.name)")
      case .trap: #expect(result.status != 0, "under \(runtime.name)")
      }
    }
  }
}

let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
