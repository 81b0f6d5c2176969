import EdgeCalls
import Glibc

extension NodeKind {
  /// From st_mode.
  init(mode: UInt32) {
    self =
      switch mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      default: .unknown
      }
  }

  /// From d_type, which is the same number shifted.
  init(directoryEntryType: UInt8) {
    self.init(mode: UInt32(directoryEntryType) << 12)
  }
}
