import CodeObjects
import Glibc
import Synchronization
import Testing

@Suite struct ObjectCacheTests {
  private let directory = TemporaryDirectory()
  private var cache: ObjectCache { ObjectCache(directory: directory.path + "/a/cache") }
  private let key = CacheKey([[1, 2, 3]])

  @Test func placesFollowTheEnvironment() {
    func place(_ environment: [String: String]) -> String? {
      ObjectCache.standard(environment: environment)?.directory
    }
    #expect(place(["COFFER_CACHE": "/c", "HOME": "/h"]) == "/c")
    #expect(place(["COFFER_CACHE": "", "HOME": "/h"]) == nil)
    #expect(place(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/coffer")
    #expect(place(["XDG_CACHE_HOME": "x", "HOME": "/h"]) == "/h/.cache/coffer")
    #expect(place([:]) == nil)
  }

  @Test func keysDoNotShift() {
    #expect(CacheKey([[1], [2, 3]]) != CacheKey([[1, 2], [3]]))
    #expect(CacheKey([[]]) != CacheKey([]))
    #expect(CacheKey([]).hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test(arguments: [0, 1, 79, 100_000])
  func keepsWhatIsStored(count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    #expect(cache.payload(for: key) == nil)
    try cache.store(payload, for: key)
    #expect(cache.payload(for: key) == payload)
    #expect(cache.payload(for: CacheKey([[9]])) == nil)
    try cache.store(payload, for: key)
    #expect(TemporaryDirectory.names(in: cache.directory) == [key.hexadecimal + ".object"])
  }

  /// Every byte of an entry matters: magic, key, length, digest and payload.
  @Test func noticesEveryAlteredByteAndEveryLength() throws {
    let payload: [UInt8] = [7, 8, 9]
    let entry = CacheEntry.encode(payload, key: key)
    #expect(CacheEntry.decode(entry, key: key) == payload)
    for position in entry.indices {
      var altered = entry
      altered[position] ^= 0x40
      #expect(CacheEntry.decode(altered, key: key) == nil, "byte \(position)")
      #expect(CacheEntry.decode(Array(entry.prefix(position)), key: key) == nil, "length \(position)")
    }
    #expect(CacheEntry.decode(entry + [0], key: key) == nil)
  }

  @Test(arguments: ["altered", "truncated", "empty", "link"])
  func rebuildsASpoiledEntry(how: String) throws {
    let compiler = ObjectCompiler(
      toolchain: try testToolchain(), architecture: .host, cache: cache, warn: { Issue.record("\($0)") })
    let jobs = [CompileJob(name: "one", source: sampleIR(1)), CompileJob(name: "two", source: sampleIR(2))]
    let first = try compiler.compile(jobs)
    let again = try compiler.compile(jobs)
    #expect(again.map(\.fromCache) == [true, true])
    #expect(again.map(\.bytes) == first.map(\.bytes))

    for name in TemporaryDirectory.names(in: cache.directory) {
      let path = "\(cache.directory)/\(name)"
      switch how {
      case "altered":
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        #expect(pwrite(descriptor, "x", 1, 200) == 1)
      case "truncated": truncate(path, 300)
      case "empty": truncate(path, 0)
      default:
        unlink(path)
        symlink("/etc/passwd", path)
      }
    }
    let rebuilt = try compiler.compile(jobs)
    #expect(rebuilt.map(\.fromCache) == [false, false])
    #expect(rebuilt.map(\.bytes) == first.map(\.bytes))
    #expect(try compiler.compile(jobs).map(\.fromCache) == [true, true])
  }

  @Test func otherFlagsAreOtherEntries() throws {
    let toolchain = try testToolchain()
    let job = CompileJob(name: "one", source: sampleIR(1))
    for architecture in CPUArchitecture.allCases {
      let compiler = ObjectCompiler(toolchain: toolchain, architecture: architecture, cache: cache)
      #expect(try compiler.compile([job])[0].fromCache == false)
      var quick = job
      quick.optimization = .none
      #expect(try compiler.compile([quick])[0].fromCache == false)
      quick.name = "renamed"
      #expect(try compiler.compile([quick])[0].fromCache == true)
    }
  }

  @Test func theEntryUsedLongestAgoGoesFirst() throws {
    let small = ObjectCache(directory: cache.directory, limit: 3 * 1100)
    let keys = (0..<5).map { CacheKey([[UInt8($0)]]) }
    for (age, key) in keys.enumerated() {
      try small.store(Array(repeating: 1, count: 1000), for: key)
      var times = [timespec(tv_sec: 1000 + age, tv_nsec: 0), timespec(tv_sec: 1000 + age, tv_nsec: 0)]
      utimensat(AT_FDCWD, "\(small.directory)/\(key.hexadecimal).object", &times, 0)
    }
    #expect(small.payload(for: keys[0]) != nil)
    small.evict()
    #expect(keys.map { small.payload(for: $0) != nil } == [true, false, false, false, true])
  }

  @Test func clearsAbandonedPartialEntries() throws {
    try cache.store([1], for: key)
    for (name, age) in [("partial-1-old", 7200), ("partial-2-new", 10)] {
      close(open("\(cache.directory)/\(name)", O_CREAT | O_WRONLY, 0o600))
      var times = Array(repeating: timespec(tv_sec: time(nil) - age, tv_nsec: 0), count: 2)
      utimensat(AT_FDCWD, "\(cache.directory)/\(name)", &times, 0)
    }
    cache.evict()
    #expect(TemporaryDirectory.names(in: cache.directory) == [key.hexadecimal + ".object", "partial-2-new"])
  }

  @Test func refusesADirectoryThatOthersWriteTo() throws {
    try cache.store([1], for: key)
    chmod(cache.directory, 0o777)
    #expect(cache.payload(for: key) == nil)
    let error = #expect(throws: CacheError.self) { try cache.store([1], for: key) }
    #expect(error?.description.contains("mode 777") == true)
  }

  @Test func goesOnWithoutAUsableDirectory() throws {
    let file = directory.write("", to: "file")
    let warnings = Mutex<[String]>([])
    let compiler = ObjectCompiler(
      toolchain: try testToolchain(), architecture: .host, cache: ObjectCache(directory: file + "/cache"),
      warn: { warning in warnings.withLock { $0.append(warning) } })
    let jobs = (0..<3).map { CompileJob(name: "\($0)", source: sampleIR($0)) }
    #expect(try compiler.compile(jobs).count == 3)
    #expect(warnings.withLock { $0.count { $0.hasPrefix("object-cache: ") } } == 1)
  }

  @Test(.enabled(if: geteuid() == 0, "mounting a small file system takes root"))
  func goesOnWhenTheDiskIsFull() throws {
    // Detached at once, so that nothing stays mounted whatever happens; the descriptor keeps it.
    try #require(mount("none", directory.path, "tmpfs", 0, "size=20k,mode=0700") == 0, "errno \(errno)")
    let root = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(root) }
    umount2(directory.path, CInt(MNT_DETACH))

    let full = ObjectCache(directory: "/proc/self/fd/\(root)")
    try full.store([1], for: key)
    let error = #expect(throws: CacheError.self) {
      try full.store(Array(repeating: 1, count: 30_000), for: CacheKey([[5]]))
    }
    #expect(error?.description.contains("No space left") == true)
    #expect(TemporaryDirectory.names(in: full.directory) == [key.hexadecimal + ".object"])
    #expect(full.payload(for: key) == [1])
  }
}
