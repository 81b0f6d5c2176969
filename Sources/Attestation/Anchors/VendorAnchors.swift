extension TrustAnchors {
  /// The roots of the hardware's makers.
  public static let vendors = TrustAnchors([
    vendor(.sevSNP, "AMD ARK-Milan", "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9"),
    vendor(.sevSNP, "AMD ARK-Genoa", "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831"),
    vendor(.sevSNP, "AMD ARK-Turin", "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08"),
    vendor(.tdx, "Intel SGX Root CA", "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e"),
    vendor(.sgx, "Intel SGX Root CA", "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e"),
    vendor(.nitro, "AWS Nitro Enclaves root G1", "f2caf5ecc6190b4a8399b78bc58a2bbcd0382375db8a1bfd78a82743874fd225"),
  ])

  private static func vendor(_ platform: PlatformKind, _ name: String, _ fingerprint: String) -> Anchor {
    // Text that is not hexadecimal would pin no key at all; a test compares each with the makers' certificates.
    Anchor(platform, name: name, fingerprint: bytes(hexadecimal: fingerprint) ?? [], isVendors: true)
  }
}
