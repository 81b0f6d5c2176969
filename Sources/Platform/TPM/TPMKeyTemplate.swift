/// What the attestation key is to be: a restricted signing key on P-256, which every TPM 2.0 can make.
///
/// Restricted: it signs only what its TPM itself has put together, so that no quote can be made up outside.
enum TPMKeyTemplate {
  /// fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, sign (TPMA_OBJECT).
  private static let attributes: UInt32 = 0x0005_0472

  /// TPMT_PUBLIC.
  static let attestationKey: [UInt8] = {
    var bytes: [UInt8] = []
    func put<Number: FixedWidthInteger>(_ number: Number) { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
    put(UInt16(0x0023))  // an ECC key,
    put(UInt16(0x000B))  // whose name is by SHA-256,
    put(attributes)
    put(UInt16(0))  // without a policy;
    put(UInt16(0x0010))  // it encrypts nothing,
    put(UInt16(0x0018))  // signs by ECDSA
    put(UInt16(0x000B))  // with SHA-256
    put(UInt16(0x0003))  // on P-256,
    put(UInt16(0x0010))  // derives no keys,
    put(UInt16(0))  // and its point is the TPM's business.
    put(UInt16(0))
    return bytes
  }()
}
