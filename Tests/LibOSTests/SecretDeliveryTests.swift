import EdgeCalls
import LibOS
import Testing

@Suite struct SecretDeliveryTests {
  private func machine(_ secrets: [String]) throws -> TestMachine {
    var start = TestMachine.Start()
    start.environment = ["A=1"]
    start.secrets = secrets
    start.scratch = ("/tmp", 64 << 10)
    return try TestMachine(host: DirectoryHost(directories: []), start: start)
  }

  private func deliver(_ secret: [UInt8], to machine: TestMachine, as name: [UInt8]) throws(SystemError) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: secret.count, alignment: 16)
    defer { memory.deallocate() }
    memory.copyBytes(from: secret)
    // An allocation of no bytes has an address too.
    guard let base = memory.baseAddress else { throw .fault }
    try machine.os.deliver(MemoryRegion(base: base, count: UInt64(secret.count)), as: name)
  }

  @Test func aVariableFollowsThoseThatWereThere() throws {
    let machine = try machine(["PASSWORD"])
    #expect(machine.os.awaitsSecrets)
    #expect(machine.os.settings.secrets == [Array("PASSWORD".utf8)])
    try deliver(Array("x=y".utf8), to: machine, as: Array("PASSWORD".utf8))
    #expect(machine.os.settings.environment.map { String(decoding: $0, as: UTF8.self) } == ["A=1", "PASSWORD=x=y"])
    #expect(throws: SystemError.invalid) { try deliver([1, 0, 2], to: machine, as: Array("PASSWORD".utf8)) }
  }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 20_000]) func aFileHasAllItsBytes(count: Int) throws {
    let machine = try machine(["/tmp/key"])
    let secret = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try deliver(secret, to: machine, as: Array("/tmp/key".utf8))
    guard case .directory(let directory)? = machine.os.descriptors[3] else {
      Issue.record("no scratch directory at descriptor 3")
      return
    }
    var request = OpenRequest()
    request.canRead = true
    guard case .file(let file) = try directory.open(Array("key".utf8), request) else {
      Issue.record("no file")
      return
    }
    var buffer = OneBuffer(count: count + 1)
    #expect(try file.read(&buffer) == UInt64(count))
    #expect(Array(buffer.bytes.prefix(count)) == secret)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let machine = try machine(["/tmp/key"])
    #expect(throws: SystemError.noSpace) { try deliver([UInt8](repeating: 1, count: 65 << 10), to: machine, as: Array("/tmp/key".utf8)) }
    #expect(throws: SystemError.notFound) {
      try deliver([1], to: TestMachine(host: DirectoryHost(directories: [])), as: Array("/tmp/key".utf8))
    }
  }

  @Test func withoutSecretsNothingIsAwaited() throws {
    #expect(try !machine([]).os.awaitsSecrets)
  }
}
