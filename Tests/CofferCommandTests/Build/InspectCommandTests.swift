import Testing

/// What a person reads who decides on an image.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct InspectCommandTests {
  @Test func theTextSaysAllThatAnImageWants() throws {
    let place = try Workplace()
    try place.module("program.wasm", "(module (memory (export \"memory\") 1) (func (export \"_start\")))")
    // A key has to be a point of P-256: this one is its base.
    let key = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    try place.write(
      "coffer.yaml",
      Array("arguments: [serve, \"two words\"]\nenvironment: {MODE: other}\nsecrets: {PASSWORD: shop/passwords/database}\nbroker: {key: \(key), tenant: acme}\n".utf8))
    #expect(try place.run("build", "program.wasm", "--manifest", "coffer.yaml").status == 0)
    let result = try place.run("inspect", "program.trustlet")
    for part in ["two words", "MODE=", "other", "PASSWORD from shop/passwords/database", key, "tenant acme"] {
      #expect(result.output.contains(part), "\(part): \(result)")
    }
  }

  /// Of a component that cannot run here, it is just what it imports that one wants to see.
  @Test func anUnknownImportIsShownAllTheSame() throws {
    let place = try Workplace()
    try place.component("program.wasm", "(component (import \"acme:thing/iface@1.0.0\" (instance)))")
    let result = try place.run("inspect", "program.wasm")
    #expect(result.status == 125 && result.output.contains("acme:thing/iface@1.0.0") && result.errors.contains("nothing offers"), "\(result)")
  }

  /// A variable for programs with secrets is in the environment of those without too.
  @Test func aBrokersWrongAddressMattersOnlyWhereItIsAsked() throws {
    let place = try Workplace()
    let plain = try place.run("run", "example:hello", environment: ["COFFER_BROKER": "banana"])
    #expect(plain.status == 0, "\(plain)")
    try place.module("program.wasm", "(module (memory (export \"memory\") 1) (func (export \"_start\")))")
    try place.write("coffer.yaml", Array("secrets: {PASSWORD: shop/passwords/database}\n".utf8))
    let asking = try place.run("run", "program.wasm", "--manifest", "coffer.yaml", environment: ["COFFER_BROKER": "banana"])
    #expect(asking.status == 125 && asking.errors.contains("COFFER_BROKER: expected a URL"), "\(asking)")
  }
}
