// with: Sources/Attestation/CBOR/CBORDecoder.swift Sources/Attestation/CBOR/CBOREncoder.swift Sources/Attestation/CBOR/CBORValue.swift
// with: Sources/Attestation/Evidence/MalformedEvidence.swift Sources/Attestation/Evidence/PlainText.swift
// seed: a201020304
// seed: 9819010203
// seed: d28443a10126a104423131545468697320697320746865
// seed: f97e00
// seed: a2f93c0000fb3ff199999999999a01

/// What is well-formed has one deterministic form, which means the same; what is deterministic is that form.
@_cdecl("LLVMFuzzerTestOneInput")
public func judge(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let (value, rest) = try? CBORDecoder.decodePrefix(input, of: "input") else {
    precondition((try? CBORDecoder.decodePrefix(input, .deterministic, of: "input")) == nil, "deterministic and not well-formed")
    return 0
  }
  let encoded = CBOREncoder.encode(value)
  guard let again = try? CBORDecoder.decode(encoded, .deterministic, of: "encoded") else { preconditionFailure("not what it should be") }
  precondition(CBOREncoder.encode(again) == encoded, "two forms of one value")
  let used = Array(input.dropLast(rest.count))
  let isDeterministic = (try? CBORDecoder.decode(used, .deterministic, of: "input")) != nil
  precondition(isDeterministic == (used == encoded), "strictness is not about the form")
  return 0
}
