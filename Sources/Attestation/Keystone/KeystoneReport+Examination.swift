extension KeystoneReport {
  /// The device key whose private half Keystone publishes for emulators and tests: SHA-256 of its SubjectPublicKeyInfo.
  static let publishedTestKey: [UInt8] = [
    0x66, 0x74, 0x1e, 0x20, 0xf2, 0x04, 0x8c, 0x2c, 0x12, 0xc5, 0xd5, 0x7c, 0xdd, 0xff, 0xdd, 0x26,
    0x00, 0x68, 0xfa, 0x02, 0x9d, 0xd1, 0x98, 0xaf, 0xa4, 0x10, 0x3e, 0x55, 0x6f, 0x4f, 0xbd, 0xde,
  ]

  /// Noted of evidence that is accepted by a key that everyone has.
  package static let testKeyRule = "keystone.test-key"

  public func examine(in context: VerificationContext) -> Examination {
    let device = try? VerificationKey(ed25519: deviceKey)
    let monitor = try? VerificationKey(ed25519: monitorKey)
    var findings = [
      Finding.rule(
        "keystone.monitor-signature", .instanceIdentity,
        holds: device?.isValidSignature(monitorSignature, for: monitorSigned, scheme: .ed25519) ?? false,
        found: device == nil ? "a device key that is no key" : "Ed25519 by the device key over the monitor's hash and key",
        wanted: "the device key's valid signature", remedy: "the monitor's part was changed or is another device's: get a new report"),
      Finding.rule(
        "keystone.enclave-signature", .instanceIdentity,
        holds: monitor?.isValidSignature(enclaveSignature, for: enclaveSigned, scheme: .ed25519) ?? false,
        found: monitor == nil ? "a monitor's key that is no key" : "Ed25519 by the monitor's key over the enclave's hash, length and data",
        wanted: "the monitor key's valid signature", remedy: "the enclave's part was changed or is another monitor's: get a new report"),
    ]
    if let device { findings += deviceFindings(device, context.anchors) }
    if !padding.allSatisfy({ $0 == 0 }) {
      findings.append(
        Finding(
          "keystone.padding", .noted, .configuration, found: "\(padding.count) bytes after the data that nobody signed",
          wanted: "zeros, though the monitor does not clear them"))
    }
    let measurements = [
      Measurement("monitor", monitorHash, "the security monitor, SHA3-512", isEssential: true),
      Measurement("enclave", enclaveHash, "the enclave as it was loaded, SHA3-512", isEssential: true),
    ]
    let claims = PlatformClaims(.keystone, boundData: data, measurements: measurements, hardwareIdentity: deviceKey)
    return Examination(.keystone, findings: findings, platform: claims)
  }

  private func deviceFindings(_ device: VerificationKey, _ anchors: TrustAnchors) -> [Finding] {
    guard device.fingerprint == Self.publishedTestKey else {
      return [anchors.finding(device, name: "the device key", .keystone, "keystone.device-key")]
    }
    let found = "Keystone's published test key: anyone has its private half and can sign any report with it"
    guard anchors.anchor(.keystone, fingerprint: device.fingerprint) != nil else {
      return [
        .rule(
          "keystone.device-key", .instanceIdentity, holds: false, found: found, wanted: "the key of a device that keeps it secret",
          remedy: "run on a device with a key of its own; an emulator proves nothing")
      ]
    }
    return [
      anchors.finding(device, name: "the device key", .keystone, "keystone.device-key"),
      Finding(Self.testKeyRule, .noted, .hardware, found: found, wanted: "a device with a key of its own, for anything but development"),
    ]
  }
}
