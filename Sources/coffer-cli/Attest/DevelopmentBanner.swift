import Attestation
import RunCommand

/// What must be seen where evidence of a development platform is made or trusted.
enum DevelopmentBanner {
  static func show(_ fingerprint: [UInt8]) {
    Terminal.note(Terminal.paint("DEVELOPMENT PLATFORM: NOTHING IS MEASURED AND NOTHING IS PROTECTED.", "31"))
    Terminal.note("anyone with the development root's key makes such evidence; SHA-256 of its public half: \(hexadecimal(fingerprint))")
  }
}
