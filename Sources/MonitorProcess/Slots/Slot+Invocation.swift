import ComponentCalls
import ComponentValues
import FunctionCalls
import Monitor
import TrustletImage
import TrustletRun

/// A call of an exported function, read and ready.
struct Invocation: Sendable {
  let call: ExportedCall
  let output: ValueForm
}

/// How a call ends that does not begin.
struct InvocationRefusal: Error {
  let end: CallEnd
  init(_ end: CallEnd) { self.end = end }
}

extension ValueLimits {
  /// Of one call: what is longer is for programs and HTTP components, which have streams.
  fileprivate static let ofCalls = {
    var limits = ValueLimits()
    limits.textBytes = 1 << 20
    limits.values = 1 << 19
    limits.memoryBytes = 16 << 20
    return limits
  }()
}

extension Slot {
  /// Before a machine is taken: whoever sends what is no call has none.
  func prepare(_ head: CallHead, _ revision: Revision, _ streams: CallStreams) throws(InvocationRefusal) -> Invocation {
    guard head.arguments.count == 3, let input = ValueForm(rawValue: head.arguments[1]), let output = ValueForm(rawValue: head.arguments[2]) else {
      throw InvocationRefusal(CallEnd(.failed, message: "the front has sent what is no call of a function"))
    }
    guard let text = streams.arguments(limit: ValueLimits.ofCalls.textBytes) else {
      throw InvocationRefusal(CallEnd(.badArguments, message: "the arguments are longer than \(ValueLimits.ofCalls.textBytes) bytes"))
    }
    let functions = try revision.exportedFunctions()
    do throws(ExportedCallError) {
      return Invocation(call: try functions.call(head.arguments[0], input, text, limits: .ofCalls), output: output)
    } catch {
      switch error {
      case .noFunction(let reason): throw InvocationRefusal(CallEnd(.noFunction, message: reason))
      case .badArguments(let reason): throw InvocationRefusal(CallEnd(.badArguments, message: reason))
      }
    }
  }

  /// - Parameter template: what the trustlet is a clone of; nil where it was started from the image.
  /// - Returns: Also whether its result has more bytes than are passed on; then nothing of it was.
  /// - Throws: `ValueError` for a result that is none.
  func perform(
    _ invocation: Invocation, _ trustlet: Trustlet, _ image: TrustletImage, _ template: ApplicationTemplate?, _ streams: CallStreams
  ) throws -> (outcome: Outcome, isTooLong: Bool) {
    let (outcome, text) = try invocation.call.perform(invocation.output, on: trustlet, limit: CallEnd.resultLimit) { export, slots in
      template?.call(export, slots, on: trustlet) ?? TrustletRunner.call(export, slots, of: image, trustlet)
    }
    // A program that ends itself has given no result, whatever its status says.
    if case .exited(let status) = outcome { return (.exited(status: max(status, 1)), false) }
    guard let text else { return (outcome, false) }
    guard text.utf8.count <= CallEnd.resultLimit else { return (outcome, true) }
    streams.answer(text)
    return (outcome, false)
  }
}
