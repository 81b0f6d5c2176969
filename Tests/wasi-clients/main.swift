// wasi-clients FOLDER: writes command components to try a host of WASI 0.2 with.
import Foundation
import WASIClients

guard CommandLine.arguments.count == 2 else {
  FileHandle.standardError.write(Data("usage: wasi-clients FOLDER\n".utf8))
  exit(64)
}
for (name, client) in WASIClients.all {
  try Data(try client()).write(to: URL(filePath: CommandLine.arguments[1]).appending(path: name + ".wasm"))
}
