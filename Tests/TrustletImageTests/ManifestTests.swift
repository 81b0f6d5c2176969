import EdgeCalls
import ImageBuilding
import Testing
import TrustletImage

/// A broker's key: the base point of the curve, so that anybody has its private half.
private let sampleAuthor =
  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
  + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

@Suite struct ManifestTests {
  @Test func defaults() throws {
    let empty = try Manifest(yaml: "")
    #expect(empty == Manifest())
    #expect(empty.memory == .gibibytes(1))
    #expect(empty.stack == .mebibytes(1))
    #expect(empty.time == nil)
    #expect(empty.arguments.isEmpty && empty.environment.isEmpty && empty.files.isEmpty)
    #expect(empty.host == .init(directories: .write, environment: true, arguments: true))
    #expect(empty.cpu == nil)
    #expect(try Manifest(yaml: "# nothing\n") == Manifest())
  }

  @Test func everyKey() throws {
    let manifest = try Manifest(
      yaml: """
        memory: 256MiB
        stack: 100KB
        time: 30s
        cpu-time: 1500ms
        output: 10MiB
        arguments: [serve, 8080, "true"]
        environment:
          HOME: /
          PORT: 8080
        files:
          /etc/app.conf: conf/app.conf
          /share: data
        host:
          directories: read
          environment: false
          arguments: false
        cpu: x86-64-v3
        scratch:
          path: /work
          size: 32MiB
        open-files: 64
        """)
    #expect(manifest.scratch == .init(path: "/work", size: .mebibytes(32)))
    #expect(manifest.openFiles == 64)
    #expect(manifest.memory.bytes == 256 << 20)
    #expect(manifest.stack.bytes == 100_000)
    #expect(manifest.stackSize == 102_400)
    #expect(manifest.time == .seconds(30))
    #expect(manifest.cpuTime == .milliseconds(1500))
    #expect(manifest.output == .mebibytes(10))
    #expect(manifest.arguments == ["serve", "8080", "true"])
    #expect(manifest.environment == ["HOME": "/", "PORT": "8080"])
    #expect(manifest.files == ["/etc/app.conf": "conf/app.conf", "/share": "data"])
    #expect(manifest.host == .init(directories: .read, environment: false, arguments: false))
    #expect(manifest.cpu == "x86-64-v3")
  }

  @Test(arguments: [
    ("scratch: {size: 1GiB, pth: /x}", "scratch: the key 'pth' is unknown; did you mean 'path'?"),
    ("scratch: {size: 2GiB}", "scratch: 2GiB is not between 4KiB and 1GiB"), ("scratch: {size: 1KiB}", "not between"),
    ("secrets: {A: a/b}", "no resource"), ("secrets: {A: a/b/../c}", "no resource"), ("secrets: {A: a/b/.c}", "no resource"), ("secrets: {A: a//c}", "no resource"),
    ("secrets: {\"A=B\": a/b/c}", "cannot be a variable's name"), ("secrets: {/tmp/key: a/b/c}", "needs scratch space"),
    ("scratch: {path: /tmp}\nsecrets: {/tmp/a/b: a/b/c}", "no file directly in the scratch space at '/tmp'"),
    ("scratch: {path: /tmp}\nsecrets: {/etc/key: a/b/c}", "no file directly"), ("scratch: {path: /tmp}\nsecrets: {/tmp/..: a/b/c}", "no file directly"),
    ("environment: {A: 1}\nsecrets: {A: a/b/c}", "a variable that the manifest sets"),
    ("broker: {key: \(sampleAuthor)}", "no secrets that it could write"), ("secrets: {A: a/b/c}\nbroker: {key: 00ff}", "not 128 lower-case hexadecimal digits"),
    ("secrets: {A: a/b/c}\nbroker: {tenant: acme}", "not 128 lower-case hexadecimal digits"),
    ("secrets: {A: a/b/c}\nbroker: {key: \(sampleAuthor), tenant: -a}", "no tenant's name"),
    ("secrets: {A: a/b/c}\nbroker: {key: \(sampleAuthor.replacing("7", with: "8"))}", "no point of P-256"),
    ("scratch: {path: \"\"}", "empty"), ("open-files: 2", "open-files: 2 is not between 3"), ("open-files: 1025", "and 1024"),
    ("open-files: many", "no whole number"), ("memroy: 1MiB", "line 1: manifest: the key 'memroy' is unknown; did you mean 'memory'?"),
    ("stack: 1MiB\nEnvironmnt: {}", "line 2: manifest: the key 'Environmnt' is unknown; did you mean 'environment'?"),
    ("generator: llvm", "the key 'generator' is unknown; known: "), ("host: {directory: read}", "host: the key 'directory' is unknown; did you mean 'directories'?"),
    ("host: {directories: all}", "'all' is none of none, read, write"), ("host: {arguments: yes}", "neither true nor false"),
    ("host: true", "host: is not a mapping"), ("memory: lots", "64MiB"), ("memory: 65GiB", "memory: 65GiB is more than 64GiB"),
    ("stack: 1KiB", "stack: 1KiB is not between 64KiB and 128MiB"), ("stack: 1GiB", "stack"), ("time: 30", "write it as 30s"),
    ("time: 0s", "time: the limit is zero"), ("cpu-time: 0s", "cpu-time: the limit is zero"), ("cpu-time: 2", "write it as 30s"),
    ("output: much", "64MiB"), ("cputime: 1s", "did you mean 'cpu-time'?"), ("arguments: serve", "arguments: is not a list, write it as [ONE, TWO]"), ("arguments: [[a]]", "not a single value"),
    ("arguments: [\"a\\0b\"]", "NUL"), ("environment: [A]", "environment: is not a mapping"), ("environment: {A: [b]}", "A: is not a single value"),
    ("environment: {\"A=B\": c}", "cannot be a variable's name"), ("environment: {\"\": c}", "cannot be a variable's name"),
    ("environment: {A: \"\\0\"}", "NUL"), ("- a", "is not a mapping"), ("memory: 1MiB\nmemory: 2MiB", "'memory' stands twice"), ("\na: [", "line 3: the manifest is no YAML"),
    ("? [a]\n: b", "a key is no text"), ("cpu: \"\"", "cpu: the name is empty"), ("cpu: \"a\\nb\"", "control character"),
    ("memory: *nothing", "no YAML"), ("a: 1\n---\nb: 2", ""),
  ])
  func refusedManifests(text: String, message: String) {
    let error = #expect(throws: ImageError.self) { try Manifest(yaml: text) }
    #expect(error?.code == .manifest)
    #expect(error.map { message.isEmpty || $0.message.contains(message) } == true, "\(error.map(\.message) ?? "")")
  }

  /// The host chooses what it offers: whoever has secrets says so where he wants something of it.
  @Test func whoHasSecretsIsGivenNoDirectoryThatNobodyAskedFor() throws {
    let secrets = "secrets: {PASSWORD: a/b/c}\n"
    #expect(try Manifest(yaml: "").host.directories == .write)
    #expect(try Manifest(yaml: secrets).host.directories == .none)
    #expect(try Manifest(yaml: secrets + "host: {environment: false}").host.directories == .none)
    #expect(try Manifest(yaml: "sealed: {key: a/b/c, freshness: none}").host.directories == .none)
    #expect(try Manifest(yaml: "host: {directories: write}\n" + secrets).host.directories == .write)
  }

  /// A few lines that would mean billions of values.
  @Test(.timeLimit(.minutes(1)), arguments: ["arguments: *a9", "? *a9\n: 1", "environment: *a9", "host: {? *a9 : true}"])
  func aliasesThatMultiplyAreRefused(use: String) {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 { text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n" }
    #expect(throws: ImageError.self) { try Manifest(yaml: text + use) }
  }

  @Test(arguments: [
    String(repeating: "[", count: 200_000), String(repeating: "a: [", count: 60_000), String(repeating: "{a: ", count: 60_000),
    (0..<500).map { String(repeating: " ", count: $0) + "a:\n" }.joined(), String(repeating: "- ", count: 100_000),
    String(repeating: "? ", count: 100_000), String(repeating: "!", count: 200_000), String(repeating: "&a ", count: 60_000),
    String(repeating: "a: b: ", count: 40_000), "a: \"" + String(repeating: "\\n", count: 100_000),
  ])
  func oddTextsAreRefusedAtOnce(text: String) {
    #expect(throws: ImageError.self) { try Manifest(yaml: text) }
  }

  @Test func aliasesAndStarsThatAreFewAreRead() throws {
    let manifest = try Manifest(
      yaml: "arguments: [\"*a\", b*c, \"*d\", \"*e\", \"*f\", \"*g\", \"*h\", \"*i\", \"*j\"]\nenvironment: {A: &x y, B: *x}")
    #expect(manifest.arguments.count == 9)
    #expect(manifest.environment == ["A": "y", "B": "y"])
  }

  @Test func manifestsThatAreTooLongAreRefused() {
    let error = #expect(throws: ImageError.self) { try Manifest(yaml: String(repeating: "#", count: 300_000)) }
    #expect(error?.code == .limit)
  }

  @Test func theCanonicalEncodingIsOneText() throws {
    var manifest = sampleManifest()
    manifest.openFiles = 100
    manifest.scratch = .init(size: .mebibytes(1))
    let text = String(decoding: manifest.canonicalEncoding, as: UTF8.self)
    #expect(
      text == """
        {"arguments":["--verbose","ä\\"\\u000a"],"compiler":"clang 21","cpu":"x86-64-v2",\
        "environment":{"HOME":"/","LANG":"C"},"generator":"llvm",\
        "host":{"arguments":true,"directories":"read","environment":true},\
        "memory":67108864,"open-files":100,"scratch":{"path":"/tmp","size":1048576},"snapshot":"automatic","stack":1048576,"time":30000000000}
        """)
    #expect(try Manifest(canonical: Array(text.utf8)) == manifest)
    #expect(try Manifest(canonical: Manifest().canonicalEncoding) == Manifest())
  }

  @Test func secretsAreMeasuredAndNamedToTheLibraryOS() throws {
    let manifest = try Manifest(
      yaml: "scratch: {path: /tmp/}\nsecrets: {PASSWORD: default/db/password, /tmp/key: default/keys/tls_1.pem}\n")
    #expect(manifest.secrets == ["PASSWORD": "default/db/password", "/tmp/key": "default/keys/tls_1.pem"])
    #expect(manifest.orderedSecrets.map(\.name) == ["/tmp/key", "PASSWORD"])
    let text = String(decoding: manifest.canonicalEncoding, as: UTF8.self)
    #expect(text.contains(#""secrets":{"/tmp/key":"default/keys/tls_1.pem","PASSWORD":"default/db/password"},"snapshot""#))
    #expect(try Manifest(canonical: Array(text.utf8)) == manifest)
    let names = littleEndian(UInt32(2)) + littleEndian(UInt32(8)) + Array("/tmp/key".utf8) + littleEndian(UInt32(8)) + Array("PASSWORD".utf8)
    let encoded = try manifest.guestManifest()
    #expect(Array(encoded.suffix(names.count)) == names)
    #expect(encoded[4] & UInt8(GuestManifest.secrets) != 0)
  }

  @Test func whoWritesSecretsIsMeasuredAndToldToTheLibraryOS() throws {
    let manifest = try Manifest(yaml: "secrets: {B: a/b/c, A: d/e/f}\nbroker: {key: \(sampleAuthor.uppercased()), tenant: acme}\n")
    #expect(manifest.broker == Manifest.Broker(key: sampleAuthor, tenant: "acme"))
    let text = String(decoding: manifest.canonicalEncoding, as: UTF8.self)
    #expect(text.contains(#""broker":{"key":"\#(sampleAuthor)","tenant":"acme"}"#))
    #expect(try Manifest(canonical: Array(text.utf8)) == manifest)
    for (found, wanted) in [(sampleAuthor.prefix(126), "00"), (sampleAuthor.prefix(127), "g")] {
      #expect(throws: ImageError.self) { try Manifest(canonical: Array(text.replacing(sampleAuthor, with: found.dropLast(1) + wanted).utf8)) }
    }
    let key = stride(from: 0, to: 128, by: 2).compactMap { UInt8(sampleAuthor.dropFirst($0).prefix(2), radix: 16) }
    let author = key + littleEndian(UInt32(4)) + Array("acme".utf8) + littleEndian(UInt32(5)) + Array("d/e/f".utf8) + littleEndian(UInt32(5)) + Array("a/b/c".utf8)
    let encoded = try manifest.guestManifest()
    #expect(Array(encoded.suffix(author.count + 4)) == littleEndian(UInt32(author.count)) + author)
    #expect(encoded[4] & UInt8(GuestManifest.author) != 0)
    #expect(try Manifest(yaml: "secrets: {A: a/b/c}").guestManifest()[4] & UInt8(GuestManifest.author) == 0)
  }

  @Test func aSealedDirectoryIsMeasuredAndItsKeyAskedForLast() throws {
    let sealed = "secrets: {PASSWORD: default/db/password}\nsealed: {path: /kept, size: 1MiB, key: shop/volumes/data}\n"
    let manifest = try Manifest(yaml: "\(sealed)broker: {key: \(sampleAuthor)}\n")
    #expect(manifest.sealed == .init(path: "/kept", size: .mebibytes(1), key: "shop/volumes/data", freshness: .counter))
    #expect(manifest.releasedResources.map(\.resource) == ["default/db/password", "shop/volumes/data"])
    let text = String(decoding: manifest.canonicalEncoding, as: UTF8.self)
    #expect(text.contains(#""sealed":{"freshness":"counter","key":"shop/volumes/data","path":"/kept","size":1048576}"#))
    #expect(try Manifest(canonical: Array(text.utf8)) == manifest)
    let name = [GuestManifest.volumeKeyMark] + (0..<8).map { UInt8(truncatingIfNeeded: UInt64(1 << 20) >> (8 * UInt64($0))) } + [1] + Array("/kept".utf8)
    #expect(try manifest.guestManifest().firstRange(of: name) != nil)
    try manifest.check()
    // Nobody knows who counts.
    #expect { try Manifest(yaml: sealed) } throws: { "\($0)".contains("does not name it") }
    #expect(manifest.scratchRegionSize == 4096 * (256 + 2049) && manifest.heapRegionSize == MemoryMap.heapSize)
  }

  @Test(arguments: [
    "sealed: {path: /data, freshness: none}", "sealed: {key: data, freshness: none}", "sealed: {key: a/b/c, size: 2GiB, freshness: none}",
    "sealed: {key: a/b/c, size: 1, freshness: none}", "sealed: {key: a/b/c, path: '', freshness: none}", "scratch: {path: /data}\nsealed: {key: a/b/c, freshness: none}",
    "scratch: {size: 1GiB}\nsealed: {key: a/b/c, freshness: none}", "sealed: {key: a/b/c}", "sealed: {key: a/b/c, freshness: perhaps}", "sealed: {key: a/b/c, freshness: none, more: 1}",
  ]) func sealedDirectoriesThatNoImageHas(text: String) {
    #expect(throws: ImageError.self) {
      let manifest = try Manifest(yaml: text)
      try manifest.check()
    }
  }

  @Test func everyByteOfTheCanonicalEncodingMatters() throws {
    let bytes = sampleManifest().canonicalEncoding
    for position in bytes.indices {
      #expect(throws: ImageError.self) { try Manifest(canonical: Array(bytes[..<position])) }
      for value: UInt8 in [0x00, 0x20, 0x22, 0x2C, 0x30, 0x5C, 0x7B, 0x7D, 0xFF] where value != bytes[position] {
        var changed = bytes
        changed[position] = value
        guard let manifest = try? Manifest(canonical: changed) else { continue }
        #expect(manifest.canonicalEncoding == changed)
      }
    }
  }

  @Test(arguments: [
    "", "{}", "[]", "null", "{\"memory\":1}", "{ }", "{\"a\":1", "[[[[[[[[[[[[1]]]]]]]]]]]]", "{\"arguments\":[1]}",
    "{\"unknown\":true}", "{\"memory\":99999999999999999999999999}", "{\"memory\":01}", "{\"memory\":-1}", "\"\\u0",
  ])
  func otherEncodingsAreRefused(text: String) {
    #expect(throws: ImageError.self) { try Manifest(canonical: Array(text.utf8)) }
  }

  /// Names that Swift takes for the same text, but which are different bytes, are not both kept: nothing may be lost silently.
  @Test func namesThatAreTheSameTextAreRefused() {
    let text = String(decoding: Manifest().canonicalEncoding, as: UTF8.self)
      .replacing("\"environment\":{}", with: "\"environment\":{\"e\u{301}\":\"1\",\"\u{E9}\":\"2\"}")
    #expect(throws: ImageError.self) { try Manifest(canonical: Array(text.utf8)) }
  }

  @Test func whatTheLibraryOSReads() throws {
    var manifest = Manifest()
    manifest.environment = ["B": "2", "A": "1="]
    manifest.arguments = ["x", ""]
    manifest.host = .init(directories: .read, environment: false, arguments: true)
    var expected = littleEndian(GuestManifest.magic) + littleEndian(UInt32(1 | 8)) + littleEndian(UInt32(2))
    expected += littleEndian(UInt32(4)) + Array("A=1=".utf8) + littleEndian(UInt32(3)) + Array("B=2".utf8)
    expected += littleEndian(UInt32(2)) + littleEndian(UInt32(1)) + Array("x".utf8) + littleEndian(UInt32(0))
    manifest.openFiles = 9
    manifest.scratch = .init(path: "/work", size: .kibibytes(8))
    expected += littleEndian(UInt64(8192)) + littleEndian(UInt32(9)) + littleEndian(UInt32(5)) + Array("/work".utf8)
    #expect(try manifest.guestManifest() == expected)

    manifest.arguments = [String(repeating: "x", count: 70_000)]
    let error = #expect(throws: ImageError.self) { try manifest.guestManifest() }
    #expect(error?.code == .guestManifest)
  }

  @Test(arguments: [
    (Manifest.Host.Directories.none, 0), (.read, GuestManifest.hostDirectoriesRead),
    (.write, GuestManifest.hostDirectoriesRead | GuestManifest.hostDirectoriesWrite),
  ] as [(Manifest.Host.Directories, UInt32)])
  func directoriesAsTheLibraryOSReadsThem(directories: Manifest.Host.Directories, flags: UInt32) throws {
    var manifest = Manifest()
    manifest.host = .init(directories: directories, environment: false, arguments: false)
    #expect(try manifest.guestManifest()[4] == UInt8(flags))
  }
}
