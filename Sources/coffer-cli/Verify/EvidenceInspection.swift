import Attestation
import Coffer
import JSONText

/// What `coffer inspect` shows of a file that is evidence and not an image: every field with its meaning, and nothing judged.
struct EvidenceInspection {
  let format: EvidenceFormat
  let size: Int
  let fields: [EvidenceField]

  /// Nil when the file looks like no evidence.
  init?(path: String) throws {
    let bytes = try InputFile.contents(of: path, limit: EvidenceOptions.sizeLimit)
    guard let evidence = try EvidenceOptions.decode(bytes) else { return nil }
    size = evidenceBytes(file: bytes).count
    switch evidence {
    case .decoded(let evidence): (format, fields) = (type(of: evidence).format, evidence.fields)
    case .damaged(let format, let error):
      Terminal.complain("\(InputFile.shown(path)) looks like \(format.title) and is damaged: \(error)")
      throw ExitStatus.unusable
    }
  }

  var text: String {
    let width = min(fields.map(\.name.count).max() ?? 0, 32)
    var lines = ["\(format.title), \(size) bytes; nothing is judged here: see coffer verify"]
    for field in fields {
      let name = field.name + String(repeating: " ", count: max(0, width - field.name.count))
      lines.append("  \(name)  \(field.value)")
      let mark = field.isSigned ? "" : "not signed; "
      lines.append("  \(String(repeating: " ", count: width))    \(mark)\(field.meaning)")
    }
    return lines.joined(separator: "\n")
  }

  var json: JSON {
    .object([
      ("format", .string(format.rawValue)), ("size", .number(UInt64(size))),
      (
        "fields",
        .array(
          fields.map { field in
            .object([
              ("name", .string(field.name)), ("value", .string(field.value)), ("meaning", .string(field.meaning)),
              ("signed", .boolean(field.isSigned)),
            ])
          })
      ),
    ])
  }
}
