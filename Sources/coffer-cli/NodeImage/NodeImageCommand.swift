import ArgumentParser
import Attestation
import Glibc
import NodeImage
import NodeStart
import ProgramFiles
import TrustletImage
import WasmFormat

struct NodeImageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node-image",
    abstract: "Builds a node as an image: Debian's kernel, Coffer as its first process, no shell, no login; and says what its evidence will be.",
    discussion: """
      Examples:
        coffer node-image -o node --function hello=hello.trustlet
        coffer node-image -o node --kernel linux-image-6.12.deb \\
          --address 192.0.2.7/24 --gateway 192.0.2.1
        coffer node-image -o node --address 192.0.2.7/24 \\
          --broker https://192.0.2.9:8085 --broker-authority authority.pem \\
          --function shop=shop.trustlet
        coffer node-image -o node --tdx-firmware OVMF.fd \\
          --sev-firmware OVMF.amdsev.fd --processors 4

      The folder gets kernel, initrd and cmdline, for a virtual machine's direct boot; contents.json, what is in them; reference-values.json \
      and policy.yaml, what evidence must say. The same inputs give the same bytes.

      Without --kernel, apt-get downloads the kernel that linux-image-cloud-amd64 stands for, from the sources of this machine; its package \
      stays in the folder, for --kernel. Reports of SEV-SNP and TDX need Linux 6.7 or later, as Debian 13 has.
      """)

  @Option(name: [.customShort("o"), .long], help: ArgumentHelp("The folder; it is made where there is none.", valueName: "dir"), completion: .directory)
  var output: String

  @Option(help: ArgumentHelp("A kernel's package of Debian's.", valueName: "deb"))
  var kernel: String?

  @Option(help: ArgumentHelp("A function that the node serves from its start: its name, and an image.", valueName: "name=image"))
  var function: [String] = []

  @Option(help: ArgumentHelp("The node's address on its network; without one, nothing but the machine itself reaches it.", valueName: "address/prefix"))
  var address: String?

  @Option(help: ArgumentHelp("Whom it sends to what is beyond its network.", valueName: "address"))
  var gateway: String?

  @Option(help: ArgumentHelp("The key broker that releases its functions' secrets, by address: the node has no resolver.", valueName: "url"))
  var broker: String?

  @Option(help: ArgumentHelp("Certificates (PEM) of which one must have issued the broker's.", valueName: "file"))
  var brokerAuthority: String?

  @Option(help: ArgumentHelp("The broker's key, by the SHA-256 that it says at its start.", valueName: "hex"))
  var brokerPin: String?

  @Option(help: ArgumentHelp("Whose resources they are; the broker's standard tenant if left out.", valueName: "name"))
  var brokerTenant: String?

  @Option(help: ArgumentHelp("A further word on the kernel's command line.", valueName: "word"))
  var append: [String] = []

  @Option(help: "The memory of the virtual machine; below 2 GiB, the TPM's and TDX's values depend on it.", transform: ArgumentForm.size)
  var memory = ByteCount(bytes: 2 << 30)

  @Option(help: ArgumentHelp("OVMF's build for SEV, to compute SEV-SNP's launch digest with.", valueName: "file"), completion: .file())
  var sevFirmware: String?

  @Option(help: "The virtual machine's processors, for SEV-SNP's launch digest.")
  var processors = 1

  @Option(help: "Which processor QEMU gives it: \(SNPGuest.modelNames.joined(separator: ", ")).")
  var processor = "EPYC-Milan"

  @Option(help: ArgumentHelp("OVMF that starts trust domains, to compute TDX's values with.", valueName: "file"), completion: .file())
  var tdxFirmware: String?

  @Option(
    help: ArgumentHelp("Register 0 (SHA-256) of a machine with a TPM whose firmware you trust, for the policy.", valueName: "hex"), transform: Self.register)
  var pcr0: [UInt8]?

  @Option(help: ArgumentHelp("Where Coffer's programs are; beside this one if left out.", valueName: "dir"), completion: .directory)
  var programs: String?

  @Option(help: ArgumentHelp("A folder with libraries that the programs need, before Debian's.", valueName: "dir"), completion: .directory)
  var libraryPath: [String] = []

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reporting {
      guard let signature = SNPGuest.signature(model: processor) else {
        throw CommandFailure("--processor: found \(quoted(processor)), expected one of \(SNPGuest.modelNames.joined(separator: ", "))")
      }
      guard (1...Self.processorLimit).contains(processors) else { throw CommandFailure("--processors: found \(processors), expected 1 to \(Self.processorLimit)") }
      guard memory.bytes >= Self.memoryMinimum else { throw CommandFailure("--memory: found \(memory), expected at least \(ByteCount(bytes: Self.memoryMinimum))") }
      let ovmfForSEV = try sevFirmware.map { try Self.firmware($0) }
      let ovmfForTDX = try tdxFirmware.map { try Self.firmware($0) }
      let image = try NodeImage(plan())
      var values = try ReferenceValues(image.boot, memory: memory.bytes, firmware: pcr0)
      if let (path, bytes) = ovmfForSEV { try values.add(firmware: bytes, name: path, image.boot, SNPGuest(processors: processors, signature: signature)) }
      if let (path, bytes) = ovmfForTDX { try values.add(firmware: bytes, name: path, image.boot, memory: memory.bytes) }
      let texts = NodeImageTexts(image: image, values: values, memory: memory.bytes, processors: processors, processor: processor)
      for (name, bytes) in [
        ("kernel", image.boot.kernel), ("initrd", image.boot.initialRAMDisk), ("cmdline", Array(image.boot.commandLine.utf8)),
        ("contents.json", texts.contents), ("reference-values.json", texts.referenceValues), ("policy.yaml", Array(values.policy.utf8)),
      ] { try write(bytes, to: "\(output)/\(name)") }
      Terminal.print(json ? String(decoding: texts.referenceValues.dropLast(), as: UTF8.self) : texts.summary(output))
    }
  }

  @Sendable private static func register(_ text: String) throws -> [UInt8] {
    guard let value = bytes(hexadecimal: text), value.count == 32 else { throw CommandFailure("expected 64 hexadecimal digits") }
    return value
  }

  /// As many as QEMU gives a PC.
  private static let processorLimit = 4096
  /// Of a guest that QEMU starts a kernel in.
  private static let memoryMinimum: UInt64 = 64 << 20

  private static func firmware(_ path: String) throws -> (String, [UInt8]) {
    let bytes = try SourceFile.contents(of: path, limit: 64 << 20)
    _ = try FirmwareVolume(bytes, name: path)
    return (path, bytes)
  }

  /// Everything is looked at before the kernel is downloaded: that takes longest.
  private func plan() throws -> NodeImage.Plan {
    var plan = NodeImage.Plan(kernel: kernel ?? "", programs: try programs ?? ownFolder())
    for text in function {
      guard let equals = text.firstIndex(of: "="), plan.functions.updateValue(String(text[text.index(after: equals)...]), forKey: String(text[..<equals])) == nil else {
        throw CommandFailure("--function: found \(quoted(text)), expected NAME=IMAGE, each name once")
      }
    }
    plan.libraryFolders = libraryPath
    let settings = [
      ("address", address), ("gateway", gateway), ("broker", broker), ("broker-pin", brokerPin), ("broker-tenant", brokerTenant),
    ]
    plan.words = append + settings.compactMap { name, value in value.map { "coffer.\(name)=\($0)" } }
    plan.brokerAuthority = brokerAuthority
    try plan.check()
    // The node itself reads them so: what it would refuse at its start is refused here.
    let node = try NodeSettings(commandLine: plan.words.joined(separator: " "))
    guard (node.broker == nil) == (brokerAuthority == nil) else {
      throw CommandFailure("--broker and --broker-authority belong together: the image has no other certificates by which it would know the broker; give both, or neither")
    }
    if let brokerAuthority { try checkCertificates(brokerAuthority) }
    for (name, path) in plan.functions.sorted(by: { $0.key < $1.key }) {
      let image: TrustletImage
      do { image = try TrustletImage.read(path: path) } catch {
        throw CommandFailure("--function \(name)=\(path): \(error); a node image serves images, as coffer build makes them")
      }
      // The node would refuse them at its start, and end.
      guard node.broker != nil || image.manifest.secrets.isEmpty else {
        throw CommandFailure("--function \(name)=\(path): its manifest has secrets, and the node has nobody who releases them; name a broker with --broker")
      }
    }
    try makeFolder()
    if kernel == nil {
      Terminal.note("downloading the kernel of Debian's linux-image-cloud-amd64")
      plan.kernel = try KernelPackage.download("linux-image-cloud-amd64", into: output)
    }
    return plan
  }

  private func checkCertificates(_ path: String) throws {
    let text = String(decoding: try SourceFile.contents(of: path, limit: 1 << 20), as: UTF8.self)
    guard text.contains("-----BEGIN CERTIFICATE-----"), !text.contains("PRIVATE KEY-----") else {
      throw CommandFailure("--broker-authority \(path): expected certificates in PEM, and nothing that is secret: whoever has the image reads it")
    }
  }

  private func makeFolder() throws {
    var status = stat()
    if mkdir(output, 0o755) == 0 { return }
    let reason = errno
    guard reason == EEXIST, stat(output, &status) == 0 else { throw CommandFailure("cannot make \(output): \(String(cString: strerror(reason)))") }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw CommandFailure("--output: found a file, \(output), expected a folder, or nothing that has this name") }
  }

  /// Coffer's programs lie beside each other.
  private func ownFolder() throws -> String {
    let own = try ExecutablePath.own()
    return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
  }

  /// Beside the old file first, so that nobody finds half of one.
  private func write(_ bytes: [UInt8], to path: String) throws {
    let new = "\(path).new"
    func failure() -> CommandFailure { CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure() }
    var count = 0
    while count < bytes.count {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let failure = failure()
        close(descriptor)
        throw failure
      }
      count += written
    }
    guard close(descriptor) == 0, rename(new, path) == 0 else { throw failure() }
  }
}
