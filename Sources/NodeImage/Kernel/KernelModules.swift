/// The order in which modules of a kernel must be loaded, from what each says of itself.
package enum KernelModules {
  package struct Module: Equatable {
    package let name: String
    /// Not compressed, with the signature that Debian appended.
    package let contents: [UInt8]
  }

  private static let limit = 256

  /// A file's module, as others name it: `virtio-net.ko.xz` is `virtio_net`.
  package static func name(ofFile path: String) -> String? {
    let file = path.split(separator: "/").last ?? ""
    for suffix in [".ko", ".ko.xz"] where file.hasSuffix(suffix) { return String(file.dropLast(suffix.count)).replacing("-", with: "_") }
    return nil
  }

  /// - Parameter contents: of the module of a name, nil for one that is built in.
  package static func ordered(
    _ names: [String], contents: (String) throws(NodeImageError) -> [UInt8]?
  ) throws(NodeImageError) -> [Module] {
    var done: [Module] = []
    var seen: Set<String> = []
    var waiting: [(name: String, module: Module?)] = names.reversed().map { ($0.replacing("-", with: "_"), nil) }
    // A module stands on the pile a second time, below what it needs, and is taken up when all that is done.
    while let (name, module) = waiting.popLast() {
      if let module {
        done.append(module)
        continue
      }
      guard seen.insert(name).inserted, let bytes = try contents(name) else { continue }
      guard seen.count <= limit else {
        throw NodeImageError(name, found: "more than \(limit) modules", expected: "at most so many", "ask for fewer modules")
      }
      waiting.append((name, Module(name: name, contents: bytes)))
      for needed in try dependencies(bytes, of: name).reversed() where !seen.contains(needed) { waiting.append((needed, nil)) }
    }
    return done
  }

  /// What a module's section of texts says under `depends`.
  private static func dependencies(_ bytes: [UInt8], of name: String) throws(NodeImageError) -> [String] {
    guard let texts = try ELFFile(bytes, name: name).section(named: ".modinfo") else {
      throw NodeImageError(name, found: "no section .modinfo", expected: "a module of the kernel", "name the .deb of a kernel")
    }
    let prefix = "depends="
    for text in texts.split(separator: 0) {
      let line = String(decoding: text, as: UTF8.self)
      if line.hasPrefix(prefix) { return line.dropFirst(prefix.count).split(separator: ",").map { String($0).replacing("-", with: "_") } }
    }
    return []
  }
}
