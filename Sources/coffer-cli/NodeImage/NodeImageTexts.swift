import Attestation
import JSONText
import NodeImage
import TrustletImage

/// What is written beside an image, for people and for programs.
struct NodeImageTexts {
  let image: NodeImage
  let values: ReferenceValues
  let memory: UInt64
  let processors: Int
  let processor: String

  var contents: [UInt8] {
    let files = image.contents.files.map { file in
      JSON.object([("path", .string(file.path)), ("bytes", .number(UInt64(file.size))), ("sha-256", .string(hexadecimal(file.digest))), ("from", .string(file.source))])
    }
    return text(
      .object([
        ("kernel", .string(image.contents.kernel)), ("kernelRelease", .string(image.contents.kernelRelease)),
        ("kernelPackage", .string(hexadecimal(image.contents.kernelPackageDigest))), ("files", .array(files)),
      ]))
  }

  /// Each platform's with what its values depend on beside the image.
  var referenceValues: [UInt8] {
    var platforms: [(String, JSON)] = []
    if let digest = values.launchDigest {
      platforms.append(
        ("sev-snp", .object([("launch-digest", .string(hexadecimal(digest))), ("processors", .number(UInt64(processors))), ("processor", .string(processor))])))
    }
    if let domain = values.trustDomain {
      platforms.append(
        (
          "tdx",
          .object([
            ("mrtd", .string(hexadecimal(domain.mrtd))), ("rtmr1", .string(hexadecimal(domain.rtmr1))), ("rtmr2", .string(hexadecimal(domain.rtmr2))),
            ("memory", .number(memory)),
          ])
        ))
    }
    let registers = values.registers.sorted { $0.key < $1.key }.map { ("pcr\($0.key)", JSON.string(hexadecimal($0.value))) }
    let secureBoot = ("pcr7", JSON.array(values.secureBootOff.map { .string(hexadecimal($0)) }))
    platforms.append(("tpm", .object(registers + [secureBoot, ("memory", .number(memory))])))
    return text(.object(platforms))
  }

  func summary(_ folder: String) -> String {
    let boot = image.boot
    var lines = [
      "\(image.contents.kernel), \(image.contents.files.count) files, \(ByteCount(bytes: UInt64(boot.initialRAMDisk.count)))",
      "\(folder)/kernel, initrd, cmdline: for a virtual machine's direct boot", "\(folder)/policy.yaml: what its evidence must say",
    ]
    if let digest = values.launchDigest { lines.append("sev-snp launch-digest \(hexadecimal(digest))") }
    if let domain = values.trustDomain {
      lines += [("mrtd", domain.mrtd), ("rtmr1", domain.rtmr1), ("rtmr2", domain.rtmr2)].map { "tdx \($0.0) \(hexadecimal($0.1))" }
    }
    lines += values.registers.sorted { $0.key < $1.key }.map { "tpm pcr\($0.key) \(hexadecimal($0.value))" }
    lines.append("tpm pcr7 \(values.secureBootOff.map { hexadecimal($0) }.joined(separator: " or "))")
    return lines.joined(separator: "\n")
  }

  private func text(_ value: JSON) -> [UInt8] { Array("\(value)\n".utf8) }
}
