import FunctionDispatch
import FunctionStore
import ImageBuilding
import Testing
import TrustletImage

/// What `coffer.yaml` says of serving a function, and what becomes of it.
@Suite struct SettingsTests {
  @Test func everyKeyIsRead() throws {
    let manifest = try FunctionManifest(yaml: """
      memory: 64MiB
      time: 10s
      function:
        memory: 32MiB
        time: 2s
        cpu-time: 500ms
        output: 1MiB
        concurrency: 8
        queue: 16
        environment: {MODE: fast, A: b}
        reuse: false
        answer: cgi
        promote: manual
      """)
    #expect(manifest.imageKeys == ["memory", "time"])
    let settings = try RevisionSettings(image: manifest.image, function: manifest.function)
    #expect(settings == RevisionSettings(
      serving: FunctionSettings(
        memory: 32 << 20, time: 2_000_000_000, processorTime: 500_000_000, output: 1 << 20, concurrency: 8, queue: 16,
        environment: ["A=b", "MODE=fast"], reuse: false, answer: .cgi), promotion: .manual))
    // The image's manifest is what it is without the section.
    #expect(try Manifest(yaml: "memory: 64MiB\ntime: 10s") == manifest.image)
  }

  @Test func theLowerLimitCounts() throws {
    var image = Manifest()
    image.time = .seconds(5)
    image.memory = .mebibytes(16)
    var function = FunctionSection()
    #expect(try RevisionSettings(image: image, function: function).serving.time == 5_000_000_000)
    #expect(try RevisionSettings(image: Manifest(), function: function).serving.time == FunctionSettings().time)
    function.time = .seconds(2)
    function.memory = .mebibytes(8)
    let settings = try RevisionSettings(image: image, function: function).serving
    #expect(settings.time == 2_000_000_000)
    #expect(settings.memory == 8 << 20)
  }

  /// More than the image allows would be silently less.
  @Test func aLimitAboveTheImagesIsRefused() throws {
    var image = Manifest()
    image.time = .seconds(5)
    image.memory = .mebibytes(16)
    for yaml in ["function: {memory: 17MiB}", "function: {time: 6s}"] {
      let function = try FunctionManifest(yaml: yaml).function
      #expect { _ = try RevisionSettings(image: image, function: function) } throws: { "\($0)".contains("more than the image's") }
    }
    let same = try FunctionManifest(yaml: "function: {memory: 16MiB, time: 5s, cpu-time: 1h}").function
    #expect(try RevisionSettings(image: image, function: same).serving.memory == 16 << 20)
  }

  /// The image decides what an answer is.
  @Test func anAnswerIsForPrograms() throws {
    let function = try FunctionManifest(yaml: "function: {answer: cgi}").function
    for purpose in [CheckedImage.Purpose.http, .exports] {
      #expect { _ = try RevisionSettings(image: Manifest(), function: function, purpose: purpose) } throws: { "\($0)".contains("answer: found cgi") }
    }
    #expect(try RevisionSettings(image: Manifest(), function: FunctionSection(), purpose: .exports).serving.answer == .exports)
  }

  /// What runs once has nothing to go on with, and secrets are given to an instance once.
  @Test func reuseIsForWhatCanGoOn() throws {
    let function = try FunctionManifest(yaml: "function: {reuse: true}").function
    for purpose in [CheckedImage.Purpose.http, .exports] {
      #expect(try RevisionSettings(image: Manifest(), function: function, purpose: purpose).serving.reuse)
      #expect(try !RevisionSettings(image: Manifest(), function: FunctionSection(), purpose: purpose).serving.reuse)
    }
    #expect { _ = try RevisionSettings(image: Manifest(), function: function) } throws: { "\($0)".contains("a program, which runs once") }
    var image = Manifest()
    image.secrets = ["A": "b/c/d"]
    #expect { _ = try RevisionSettings(image: image, function: function, purpose: .http) } throws: { "\($0)".contains("the image has secrets") }
  }

  @Test(arguments: [
    ("function: {concurency: 3}", "did you mean 'concurrency'?"), ("functions: {}", "did you mean 'function'?"), ("function: 3", "mapping"),
    ("function: {concurrency: 0}", "between 1 and"), ("function: {queue: -1}", "no whole number"), ("function: {queue: 99999999}", "more than"),
    ("function: {answer: json}", "none of auto, cgi, body"), ("function: {promote: later}", "none of automatic, manual"),
    ("function: {reuse: sometimes}", "neither true nor false"), ("function: {time: 0s}", "zero"), ("function: {memory: 0}", "zero"),
    ("function: {environment: {\"A=B\": c}}", "cannot be a variable's name"), ("function: {environment: {A: \"\\0\"}}", "NUL"),
    ("function: {}\nfunction: {}", "twice"),
  ])
  func whatIsWrongIsSaid(_ yaml: String, _ complaint: String) {
    #expect { _ = try FunctionManifest(yaml: yaml) } throws: { "\($0)".contains(complaint) }
    #expect { _ = try Manifest(yaml: yaml) } throws: { "\($0)".contains(complaint) }
  }
}
