import Glibc
import NodeStart
import Platform

/// Answers with what this machine's platform says of it.
struct EvidenceService {
  func serve(_ listener: Listener) -> Never {
    while true {
      guard let connection = listener.next() else {
        // No descriptors, or a caller who is gone: neither is for ever.
        usleep(10_000)
        continue
      }
      guard let head = connection.head() else { continue }
      do throws(EvidenceRefusal) {
        connection.answer(try answer(to: EvidenceRequest(head)))
      } catch {
        connection.answer(EvidenceAnswer.refusal(error))
      }
    }
  }

  /// A new connection to the platform each time: its state is that of this report alone.
  private func answer(to request: EvidenceRequest) throws(EvidenceRefusal) -> [UInt8] {
    let platform = try platform()
    let size = platform.binding.rawValue
    do throws(PlatformError) {
      let report = try platform.report(binding: request.nonce + [UInt8](repeating: 0, count: max(0, size - request.nonce.count)))
      return EvidenceAnswer.evidence(report.evidence, format: report.format)
    } catch {
      throw .noPlatform(error.description)
    }
  }

  private func platform() throws(EvidenceRefusal) -> any Platform {
    if OwnPlatform.find() == .reports { return ReportInterface() }
    do throws(PlatformError) {
      return try TPMPlatform()
    } catch {
      throw .noPlatform(error.description)
    }
  }
}
