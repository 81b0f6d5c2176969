import Glibc
import NodeStart
import Platform

/// Answers with what this machine's platform says of it.
struct EvidenceService {
  private let platform = RestingPlatform(open: Self.own, clock: Self.seconds) { usleep(UInt32(min($0, 60) * 1e6)) }

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

  private func answer(to request: EvidenceRequest) throws(EvidenceRefusal) -> [UInt8] {
    do throws(PlatformError) {
      let report = try platform.report(carrying: request.nonce)
      return EvidenceAnswer.evidence(report.evidence, format: report.format)
    } catch {
      throw .noPlatform(error.description)
    }
  }

  private static func own() throws(PlatformError) -> any Platform {
    OwnPlatform.find() == .reports ? ReportInterface() : try TPMPlatform()
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
