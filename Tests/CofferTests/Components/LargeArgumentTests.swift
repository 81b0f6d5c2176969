import Coffer
import ComponentCalls
import ComponentFormat
import ComponentLinking
import ComponentValues
import EdgeCalls
import KVMMachine
import Machine
import Monitor
import ProcessMachine
import Testing
import TrustletImage
import TrustletRun
import WasmText

/// Its memory grows by what it is given; `echo` gives back what it got, `twice` the same list two times.
private let text = """
  (component
    (core module $M
      (memory (export "mem") 1)
      (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $place i32)
        (local.set $place (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
        (global.set $top (i32.add (local.get $place) (local.get 3)))
        (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
          (then (drop (memory.grow (i32.add (i32.const 1)
            (i32.shr_u (i32.sub (global.get $top) (i32.shl (memory.size) (i32.const 16))) (i32.const 16)))))))
        (local.get $place))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
      (func (export "twice") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (i32.store (i32.const 24) (local.get 0)) (i32.store (i32.const 28) (local.get 1)) (i32.const 16)))
    (core instance $m (instantiate $M))
    (func (export "echo") (param "data" (list u8)) (result (list u8))
      (canon lift (core func $m "echo") (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
    (func (export "twice") (param "data" (list u8)) (result (tuple (list u8) (list u8)))
      (canon lift (core func $m "twice") (memory (core memory $m "mem")) (realloc (core func $m "realloc")))))
  """

extension RunningTests {
  /// Arguments and results that pass beside a command's slots.
  @Suite struct LargeArgumentTests {
    private static let image = Result { try Needs.builder().image(of: Wat.encodeComponent(Array(text.utf8))) }
    private static let functions = Result { ComponentFunctions(try ComponentBinary.decode(Wat.encodeComponent(Array(text.utf8)))) }
    static let machines = ["kvm", "process"]

    private func start(_ machine: String) throws -> Trustlet {
      let kind: any MachineKind = machine == "kvm" ? KVMMachineKind.shared : ProcessMachineKind()
      return try TrustletRunner.start(try Self.image.get(), RunOptions(), on: kind)
    }

    private func call(_ name: String) throws -> ComponentInvocation {
      try ComponentInvocation(try Self.functions.get().function(name), in: try Self.image.get())
    }

    private func bytes(_ count: Int) -> [UInt8] {
      var state = UInt32(truncatingIfNeeded: count) | 1
      return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(truncatingIfNeeded: state >> 24)
      }
    }

    /// Around each border: of what goes in slots, of the memory that is there at first, of what lies beside the slots at once.
    @Test(arguments: machines)
    func comeBackAsTheyWent(machine: String) throws {
      let first = Door.pieceLimit - Int(Door.start)
      let borders = [0, first, Door.roomAtFirst - Int(Door.start), first + Trustlet.besideLimit, first + 2 * Trustlet.besideLimit]
      let echo = try call("echo")
      let kept = try start(machine)
      for (number, size) in borders.flatMap({ [max($0 - 9, 0), $0, $0 + 1] }).enumerated() {
        let list = ComponentValue.bytes(bytes(size))
        let again = try echo.perform([list], on: kept, isInitialised: number > 0)
        #expect(again.value == list, "\(size) bytes, an instance that has had others: \(again.outcome)")
        let fresh = try echo.perform([list], on: try start(machine))
        #expect(fresh.value == list, "\(size) bytes, a new instance: \(fresh.outcome)")
      }
    }

    @Test(arguments: machines)
    func severalResultsAreFetchedTogether(machine: String) throws {
      let list = ComponentValue.bytes(bytes(1_500_000))
      let result = try call("twice").perform([list], on: try start(machine))
      #expect(result.value == .fields([list, list]))
    }

    /// Address and count are the host's: what lies outside of the memory, or of the window, is a trap and touches nothing.
    @Test(arguments: machines)
    func whatLiesOutsideIsATrap(machine: String) throws {
      let exports = try Self.image.get().exports
      let put = try #require(exports.first { $0.name == Door.put }).entryPoint
      let get = try #require(exports.first { $0.name == Door.get }).entryPoint
      let trustlet = try start(machine)
      let echo = try call("echo")
      let list = ComponentValue.bytes(bytes(100_000))
      #expect(try echo.perform([list], on: trustlet).value == list)
      for command in [
        DoorCommand.put(put, at: 0xFFFF_FFF0, beside: 16), DoorCommand.get(get, at: 0xFFFF_FFF0, beside: 16),
        DoorCommand.put(put, at: 0, beside: Trustlet.besideLimit + 1), DoorCommand.get(get, at: 0, beside: Trustlet.besideLimit + 1),
        .call(entryPoint: put, arguments: [CommandSlot(low: 0, high: .max)]), .call(entryPoint: get, arguments: [CommandSlot(low: .max, high: .max)]),
      ] {
        guard case .trapped(let trap) = trustlet.perform(command) else {
          Issue.record("\(command) did not trap")
          continue
        }
        #expect(trap.kind == .outOfBoundsMemoryAccess)
      }
      #expect(try echo.perform([list], on: trustlet, isInitialised: true).value == list)
    }

    /// Before its first command a guest still has things to do in which it may use the window.
    @Test(arguments: machines)
    func nothingIsLaidBeforeTheFirstCommand(machine: String) throws {
      let trustlet = try start(machine)
      #expect(throws: TrustletError.notBetweenCommands) { try trustlet.lay(beside: 3) { _ in Issue.record("there is something to write to") } }
      var found: [UInt8] = []
      #expect(throws: TrustletError.notBetweenCommands) { try trustlet.append(beside: 3, to: &found) }
      #expect(found.isEmpty)
    }
  }
}
