import ComponentCalls
import ComponentValues
import FunctionCalls
import Glibc
import Machine
import Monitor
import Synchronization
import TrustletImage
import TrustletRun

/// What this process has of one revision: first nothing but its number, then its image, then a template too; or why there will be neither.
final class Revision: Sendable {
  let number: UInt32
  let load: RevisionLoad

  private struct State {
    var image: TrustletImage?
    var settings: CallSettings?
    var template: ApplicationTemplate?
    var failure: String?
    /// What can be called by name, once somebody has wanted to know.
    var functions: ExportedFunctions?
  }

  private let state = Mutex(State())
  /// Open when the image is there, or will not be.
  private let gate = Gate()
  /// Open when the template is there, or will not be.
  private let templateGate = Gate()
  /// Calls that wait for the template.
  private let awaiting = Atomic<Int>(0)
  private let unloaded = Atomic<Bool>(false)
  /// Calls that wait for the image, or run on it.
  private let callsOnImage = Atomic<Int>(0)

  init(_ number: UInt32, _ load: RevisionLoad) {
    self.number = number
    self.load = load
  }

  var isUnloaded: Bool { unloaded.load(ordering: .acquiring) }
  func markUnloaded() { unloaded.store(true, ordering: .releasing) }

  /// What a call can run on.
  enum Ground {
    case template(ApplicationTemplate, CallSettings)
    case image(TrustletImage, CallSettings)
    case nothing(reason: String)
  }

  /// A machine from the image has all of it for itself, and of very many at once that would count: so few are made, which is enough for the template to be
  /// nobody's first wait. Further calls get clones of it.
  private static let imageLimit = 8

  /// Waits until the image has been read, and where many calls run on it already, for the template. What runs on the image says when it has ended:
  /// ``leaveImage()``.
  func ground() -> Ground {
    callsOnImage.add(1, ordering: .relaxed)
    gate.pass()
    var ground = present()
    if case .image = ground, callsOnImage.load(ordering: .relaxed) > Self.imageLimit {
      leaveImage()
      awaiting.add(1, ordering: .relaxed)
      templateGate.pass()
      awaiting.subtract(1, ordering: .relaxed)
      callsOnImage.add(1, ordering: .relaxed)
      ground = present()
    }
    if case .image = ground {} else { leaveImage() }
    return ground
  }

  /// Waits until the image has been read.
  func exportedFunctions() throws(InvocationRefusal) -> ExportedFunctions {
    gate.pass()
    let (known, image) = state.withLock { ($0.functions, $0.image) }
    if let known { return known }
    guard let image else { throw InvocationRefusal(CallEnd(.failed, message: failure ?? "the revision was not loaded")) }
    let functions: ExportedFunctions
    do throws(ValueError) {
      functions = try ExportedFunctions(image)
    } catch {
      throw InvocationRefusal(CallEnd(.failed, message: error.description))
    }
    state.withLock { $0.functions = functions }
    return functions
  }

  func leaveImage() { callsOnImage.subtract(1, ordering: .relaxed) }

  /// Lets the first calls go before the work on a template, which wants the same processors and this process's memory: for a while.
  func giveWay() {
    for _ in 0..<Self.patience where callsOnImage.load(ordering: .relaxed) > 0 && !isAwaited { usleep(Self.pause) }
  }

  var isAwaited: Bool { awaiting.load(ordering: .relaxed) > 0 }

  /// There will be no template.
  func giveTemplateUp() { templateGate.open() }

  /// 20 ms in all.
  private static let patience = 100
  private static let pause: UInt32 = 200

  func present() -> Ground {
    state.withLock { state in
      if let failure = state.failure { return .nothing(reason: failure) }
      guard let image = state.image, let settings = state.settings else { return .nothing(reason: "the revision was not loaded") }
      return state.template.map { .template($0, settings) } ?? .image(image, settings)
    }
  }

  var template: ApplicationTemplate? { state.withLock { $0.template } }

  /// Reads and checks the image, and recomputes its measurement.
  /// - Returns: nil when that failed; ``ground()`` then says why.
  func read(_ descriptor: Int32) -> TrustletImage? {
    defer { gate.open() }
    do throws(ImageError) {
      let image = try TrustletImage.read(descriptor: descriptor, path: load.name)
      guard image.measurement.bytes == load.measurement else {
        let expected = Measurement(bytes: load.measurement)?.description ?? "none"
        fail("the image's measurement is \(image.measurement), expected \(expected): deploy it again")
        return nil
      }
      let settings = CallSettings(load, image)
      state.withLock { ($0.image, $0.settings) = (image, settings) }
      return image
    } catch {
      fail("\(error)")
      return nil
    }
  }

  func finish(_ template: ApplicationTemplate) {
    state.withLock { $0.template = template }
    templateGate.open()
  }

  func fail(_ reason: String) {
    state.withLock { $0.failure = reason }
    templateGate.open()
  }

  var failure: String? { state.withLock { $0.failure } }
}
