/// What stands behind Linux's report interface, by the name of its module.
enum ReportProvider: String, CaseIterable {
  case sevSNP = "sev_guest"
  case tdx = "tdx_guest"
  case cca = "arm_cca_guest"

  /// - Parameter answer: of the attribute `provider`: a name and a line's end.
  init(answer: [UInt8]) throws(PlatformError) {
    let name = String(decoding: answer.prefix(64), as: UTF8.self).filter { !$0.isNewline }.map { $0 == "-" ? "_" : $0 }
    guard let provider = Self(rawValue: String(name)) else {
      let shown = String(String.UnicodeScalarView(String(name).unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? $0 : "?" }))
      throw PlatformError(
        .malformedAnswer, "the report interface is served by \"\(shown)\"",
        "known are \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self = provider
  }

  /// As policies name the platform.
  var platform: String {
    switch self {
    case .sevSNP: "sev-snp"
    case .tdx: "tdx"
    case .cca: "cca"
    }
  }

  var format: String {
    switch self {
    case .sevSNP: "sev-snp-report"
    case .tdx: "tdx-quote"
    case .cca: "cca-token"
    }
  }
}
