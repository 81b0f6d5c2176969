import Foundation

extension AMDCertificates {
  /// All of them, decoded once.
  private static let bySubject: [[UInt8]: EndorsementCertificate] = {
    var all: [[UInt8]: EndorsementCertificate] = [:]
    for text in encoded.values {
      guard let bytes = Data(base64Encoded: text), let certificate = try? EndorsementCertificate(derEncoded: Array(bytes)) else { continue }
      all[certificate.subject] = certificate
    }
    return all
  }()

  /// The one of this name, its bytes as certificates have it.
  static func certificate(subject: [UInt8]) -> EndorsementCertificate? { bySubject[subject] }
}
