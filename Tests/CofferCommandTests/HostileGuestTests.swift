import CodeObjects
import Coffer
import Crypto
import EdgeCalls
import Foundation
import KeyBrokerProtocol
import Synchronization
import Testing
import TrustletImage
import WasmCompiler
import WasmFormat
import WasmText

private enum Compiler {
  static let toolchain = try? Toolchain.locate(environment: ProcessInfo.processInfo.environment.merging(["COFFER_CACHE": ""]) { $1 })
}

/// Whoever writes an image writes its library OS too: a guest that makes edge calls of its own on a node whose attester and broker are real.
@Suite(.enabled(if: CofferCommand.areMet && Compiler.toolchain != nil, "needs KVM and LLVM"))
struct HostileGuestTests {
  private static let own = "what its own policy gives it, 20c1"
  private static let other = "another function's secret, 93f7"

  /// Where the program gathers its answers.
  private static let answers = 4 << 20

  /// Makes each call that its input describes (number, the length that is claimed, the payload's length, the payload), and writes error, length and payload
  /// of each answer, all of them at its end: what a program writes waits in the window's first page for the next call, and would go with each of these.
  /// Memory outside of its own it reaches by the library OS's functions.
  private static let guest = """
    (module
      (import "hostile" "copy" (func $copy (param i64 i64 i64) (result i64)))
      (import "hostile" "wait" (func $wait))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 128)
      (func $window (param $offset i64) (param $from i32) (param $count i32)
        (drop (call $copy (i64.add (i64.const \(MemoryMap.edgeWindow)) (local.get $offset))
          (i64.add (i64.const \(MemoryMap.linearMemory)) (i64.extend_i32_u (local.get $from))) (i64.extend_i32_u (local.get $count)))))
      (func $take (param $to i32) (param $offset i64) (param $count i32)
        (drop (call $copy (i64.add (i64.const \(MemoryMap.linearMemory)) (i64.extend_i32_u (local.get $to)))
          (i64.add (i64.const \(MemoryMap.edgeWindow)) (local.get $offset)) (i64.extend_i32_u (local.get $count)))))
      (func $out (param $from i32) (param $count i32)
        (block $done (loop $more
          (br_if $done (i32.eqz (local.get $count)))
          (i32.store (i32.const 0) (local.get $from))
          (i32.store (i32.const 4) (local.get $count))
          (br_if $done (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (local.set $from (i32.add (local.get $from) (i32.load (i32.const 8))))
          (local.set $count (i32.sub (local.get $count) (i32.load (i32.const 8))))
          (br $more))))
      (func (export "_start") (local $at i32) (local $end i32) (local $count i32) (local $answers i32)
        (local.set $end (i32.const 65536))
        (block $whole (loop $more
          (i32.store (i32.const 0) (local.get $end))
          (i32.store (i32.const 4) (i32.const 65536))
          (br_if $whole (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if $whole (i32.eqz (i32.load (i32.const 8))))
          (local.set $end (i32.add (local.get $end) (i32.load (i32.const 8))))
          (br $more)))
        (local.set $at (i32.const 65536))
        (local.set $answers (i32.const \(HostileGuestTests.answers)))
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          (local.set $count (i32.load offset=8 (local.get $at)))
          (call $window (i64.const \(EdgeWindow.callOffset)) (local.get $at) (i32.const 4))
          (call $window (i64.const \(EdgeWindow.requestLengthOffset)) (i32.add (local.get $at) (i32.const 4)) (i32.const 4))
          (call $window (i64.const \(EdgeWindow.payloadOffset)) (i32.add (local.get $at) (i32.const 12)) (local.get $count))
          (call $wait)
          (call $take (i32.const 16) (i64.const \(EdgeWindow.errorOffset)) (i32.const 4))
          (call $take (i32.const 20) (i64.const \(EdgeWindow.responseLengthOffset)) (i32.const 4))
          (if (i32.or (i32.load (i32.const 16)) (i32.gt_u (i32.load (i32.const 20)) (i32.const 65536))) (then (i32.store (i32.const 20) (i32.const 0))))
          (i64.store (local.get $answers) (i64.load (i32.const 16)))
          (call $take (i32.add (local.get $answers) (i32.const 8)) (i64.const \(EdgeWindow.payloadOffset)) (i32.load (i32.const 20)))
          (local.set $answers (i32.add (local.get $answers) (i32.add (i32.const 8) (i32.load (i32.const 20)))))
          (local.set $at (i32.add (local.get $at) (i32.add (i32.const 12) (local.get $count))))
          (br $next)))
        (call $out (i32.const \(HostileGuestTests.answers)) (i32.sub (local.get $answers) (i32.const \(HostileGuestTests.answers))))))
    """

  /// Prints its environment's first variable.
  private static let honest = """
    (module
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $environment (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 12)))
        (drop (call $environment (i32.const 1024) (i32.const 4096)))
        (i32.store (i32.const 8) (i32.const 4096))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
    """

  private struct Answer {
    var error: UInt32
    var payload: [UInt8]

    /// Secrets as the call gives them.
    var messages: [[UInt8]] {
      var rest = payload[...]
      var found: [[UInt8]] = []
      while rest.count >= 4 {
        let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        found.append(Array(rest.dropFirst(4).prefix(count)))
        rest = rest.dropFirst(4 + count)
      }
      return found
    }
  }

  private struct Attempt {
    var call = EdgeCall.secrets.rawValue
    var payload: [UInt8]
    var claimed: UInt32?

    var bytes: [UInt8] {
      [call, claimed ?? UInt32(payload.count), UInt32(payload.count)].flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } } + payload
    }
  }

  /// A node with an attester, a broker, and two functions: the guest, to whose image a policy gives `own`, and another's, which has `other`.
  private final class Scene {
    let place: Workplace
    let broker: ServedProgram
    let node: ServedProgram

    init(machine: String) throws {
      place = try Workplace()
      broker = try ServedProgram(["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/broker"], in: place)
      try broker.wait(for: "token is in")
      let author = try #require(broker.said.split { !$0.isHexDigit }.map(String.init).first { $0.count == 128 })
      node = try ServedProgram(
        ["serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/node", "--platform", "none", "--broker", "http://127.0.0.1:\(broker.port)", "--machine", machine], in: place)
      try node.wait(for: "the dashboard is at")
      try hostileImage(author).write(to: "\(place.path)/guest.trustlet")
      try place.module("honest.wasm", HostileGuestTests.honest)
      try place.write("coffer.yaml", Array("secrets: {SECRET: other/key/one}\nbroker: {key: \(author)}\nhost: {environment: false}\n".utf8))
      #expect(try place.run("build", "honest.wasm", "-o", "honest.trustlet", "--manifest", "coffer.yaml").status == 0)
      for (name, secret, text) in [("guest", "own/key/one", HostileGuestTests.own), ("honest", "other/key/one", HostileGuestTests.other)] {
        let measurement = try #require(try place.run("measure", "\(name).trustlet").output.split(separator: "\n").first)
        let terms = "platforms: {none: insecure}\nimages: [{measurement: \"\(measurement)\"}]\nkey-holder: instance\nage: 5m\ndebug: allowed\n"
        try place.write("\(name).yaml", Array(terms.utf8))
        try place.write("\(name).secret", Array(text.utf8))
        let put = try place.run(
          "broker", "put", secret, "\(name).secret", "--policy", "\(name).yaml", "--broker", "http://127.0.0.1:\(broker.port)", "--broker-data", "broker")
        #expect(put.status == 0, "\(put.errors)")
        let deployed = try command("deploy", name, "\(name).trustlet")
        #expect(deployed.status == 0, "\(deployed.errors)")
      }
    }

    /// The program's imports go past the library OS's doors; the rest of the image is as any other.
    private func hostileImage(_ author: String) throws -> TrustletImage {
      let module = try Module.decode(try Wat.encode(Array(HostileGuestTests.guest.utf8)), limits: .programs)
      try module.validate()
      let wide = ValueType.i64
      var linker = ProgramLinker(
        host: TrustletBuilder.hostFunctions + [
          .init(module: "hostile", name: "copy", symbol: "memcpy", type: FunctionType(parameters: [wide, wide, wide], results: [wide])),
          .init(module: "hostile", name: "wait", symbol: "coffer_edge_wait", type: FunctionType()),
        ])
      _ = try linker.instantiate(module) { _, _ in nil }
      var manifest = Manifest()
      manifest.secrets = ["SECRET": "own/key/one"]
      manifest.broker = Manifest.Broker(key: author)
      return try TrustletBuilder(toolchain: try #require(Compiler.toolchain), cache: nil).image(of: linker, manifest: manifest)
    }

    func command(_ words: String...) throws -> CofferCommand.Result {
      try CofferCommand.run(words + ["--node", "http://127.0.0.1:\(node.port)", "--node-data", "node"], in: place.path)
    }

    /// One call of the guest, in an instance of its own.
    func attempt(_ attempts: [Attempt]) throws -> [Answer] {
      let invoked = try invoke(attempts)
      let log = try command("logs", "guest").output
      #expect(invoked.status == 0, "\(invoked.errors) \(log)")
      return try Scene.answers(place)
    }

    static func answers(_ place: Workplace, _ name: String = "0") throws -> [Answer] {
      var rest = try place.bytes("answer-\(name)")[...]
      var answers: [Answer] = []
      while rest.count >= 8 {
        let numbers = [0, 4].map { offset in rest.dropFirst(offset).prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
        answers.append(Answer(error: numbers[0], payload: Array(rest.dropFirst(8).prefix(Int(numbers[1])))))
        rest = rest.dropFirst(8 + Int(numbers[1]))
      }
      return answers
    }

    func invoke(_ attempts: [Attempt]) throws -> CofferCommand.Result { try Scene.invoke(attempts, place, node.port) }

    static func invoke(_ attempts: [Attempt], _ place: Workplace, _ port: Int, _ name: String = "0") throws -> CofferCommand.Result {
      try place.write("attempts-\(name)", attempts.flatMap(\.bytes))
      return try CofferCommand.run(
        ["invoke", "guest", "--data", "@attempts-\(name)", "--node", "http://127.0.0.1:\(port)", "--node-data", "node"], in: place.path, shell: "exec >answer-\(name);")
    }

    /// The function beside it gets its secret as ever.
    func expectOthersUnharmed() throws {
      let answer = try command("invoke", "honest")
      let log = try command("logs", "honest").output
      #expect(answer.output.replacing("\0", with: "") == "SECRET=\(HostileGuestTests.other)", "\(answer.errors) \(log)")
    }

    var log: String { (try? place.run("broker", "audit", "--broker", "http://127.0.0.1:\(broker.port)", "--broker-data", "broker").output) ?? "" }
  }

  private static func point(_ key: P256.KeyAgreement.PrivateKey) -> [UInt8] { Array(key.publicKey.rawRepresentation) }

  @Test(arguments: ["kvm", "process"]) func aGuestGetsNothingButItsOwn(machine: String) throws {
    let scene = try Scene(machine: machine)
    try scene.expectOthersUnharmed()
    let keys = [P256.KeyAgreement.PrivateKey(), P256.KeyAgreement.PrivateKey()]

    // What a key is not: other lengths, and lengths that are not those of what is there. Nobody is asked.
    let lengths = try scene.attempt(
      [0, 1, 63, 65, 128, 4096].map { Attempt(payload: [UInt8](repeating: 4, count: $0)) }
        + [0, 63, 65, .max, 1 << 20, 1 << 31].map { Attempt(payload: Self.point(keys[0]), claimed: $0) })
    #expect(lengths.count == 12 && lengths.allSatisfy { $0.error != 0 && $0.payload.isEmpty })

    // 64 bytes that are no point: the attester signs none of it, or the broker encrypts nothing to it.
    let noPoints: [[UInt8]] = [
      [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64), Array(Self.point(keys[0]).reversed()),
    ]
    for answer in try scene.attempt(noPoints.map { Attempt(payload: $0) }) { #expect(answer.error == EdgeError.permission && answer.payload.isEmpty) }
    try scene.expectOthersUnharmed()

    // Out of order: before it, between and behind other calls that the library OS would not make now.
    let others = [EdgeCall.growMemory, .writeStream, .open, .readFile, .wait].map { Attempt(call: $0.rawValue, payload: [1, 2, 3]) }
      + [99, 0xFFFF_FFFF].map { Attempt(call: $0, payload: Self.point(keys[0])) }
    for answer in try scene.attempt(others.filter { ![EdgeCall.growMemory.rawValue, EdgeCall.wait.rawValue].contains($0.call) }) { #expect(answer.payload.isEmpty) }
    // Where a call's number was is nothing: what a library OS leaves that cannot go on. Its own machine ends, and its caller learns no more.
    let ended = try scene.invoke([Attempt(payload: Self.point(keys[0])), Attempt(call: 0, payload: [])])
    let left = try scene.place.bytes("answer-0")
    #expect(ended.status == 1 && ended.errors.contains("500") && left.isEmpty, "\(ended)")
    #expect(try scene.command("logs", "guest").output.contains("the library OS stopped without a request"))
    try scene.expectOthersUnharmed()

    // A key that somebody else holds gets what the policy gives this image: that is its own to give away. The library OS asked once at the start, so
    // that it may ask three times more, whatever it says.
    let point = Self.point(keys[0])
    let own = try scene.attempt([Attempt](repeating: Attempt(payload: point), count: 20))
    #expect(own.map { $0.error == 0 } == (0..<20).map { $0 < 3 })
    for answer in own.prefix(3) {
      let message = try JSONWebEncryption(try #require(answer.messages.first))
      #expect(answer.messages.count == 1)
      #expect(try message.decrypted(by: .p256(keys[0])) == Array(Self.own.utf8))
      // A sibling that is given it can do nothing with it.
      #expect(throws: MalformedMessage.self) { try message.decrypted(by: .p256(keys[1])) }
    }
    #expect(Set(own.prefix(3).map(\.payload)).count == 3)

    // Another instance that shows its sibling's key has a message for that key, and nothing for its own.
    let sibling = try scene.attempt([Attempt(payload: point), Attempt(payload: Self.point(keys[1]))])
    #expect(sibling.allSatisfy { $0.error == 0 && $0.messages.count == 1 })
    #expect(throws: MalformedMessage.self) { try JSONWebEncryption(sibling[0].messages[0]).decrypted(by: .p256(keys[1])) }
    #expect(try JSONWebEncryption(sibling[1].messages[0]).decrypted(by: .p256(keys[1])) == Array(Self.own.utf8))
    // What came for the one, given back as if it were a key, is none.
    let replayed = try scene.attempt([Attempt(payload: Array(own[0].payload.prefix(64))), Attempt(payload: own[0].payload)])
    #expect(replayed.allSatisfy { $0.error != 0 && $0.payload.isEmpty })

    // Floods: instances that ask as often as they can, and the function beside them as before.
    let flood = [Attempt](repeating: Attempt(payload: point), count: 20_000)
    let floods = Mutex<[Int: Int]>([:])
    let all = DispatchGroup()
    let (place, port) = (scene.place, scene.node.port)
    for number in 1...3 {
      DispatchQueue.global().async(group: all) {
        let invoked = try? Scene.invoke(flood, place, port, "\(number)")
        let answers = (try? Scene.answers(place, "\(number)")) ?? []
        floods.withLock { $0[number] = invoked?.status == 0 && answers.count == flood.count ? answers.count { $0.error == 0 } : -1 }
      }
    }
    for _ in 0..<5 { try scene.expectOthersUnharmed() }
    all.wait()
    let log = try scene.command("logs", "guest").output
    #expect(floods.withLock { $0 } == [1: 3, 2: 3, 3: 3], "\(log)")

    // The other's secret was released to the other alone, and the node is as it was.
    try scene.expectOthersUnharmed()
    let guest = try #require(try scene.place.run("measure", "guest.trustlet").output.split(separator: "\n").first.map(String.init))
    let releases = scene.log.split(separator: "\n").filter { $0.contains("release") && $0.contains("other/key/one") }
    #expect(!releases.isEmpty && releases.allSatisfy { !$0.contains(guest) && !$0.contains("REFUSED") }, "\(releases)")
    #expect(!scene.log.contains(Self.own) && !scene.log.contains(Self.other) && !scene.node.said.contains(Self.own))
  }
}
