// example-builder examples|kernels|single|clients|wasi FOLDER SWIFTC CLANG WASM-LD WORK-FOLDER OUTPUT.swift
//
// Run by ExamplesPlugin: compiles WebAssembly programs and writes them into one Swift file.
import Foundation

let arguments = CommandLine.arguments.dropFirst()
do {
  guard arguments.count == 7 else { throw BuildFailure("expected a job, a folder, three tools, a work folder and an output") }
  let place = Array(arguments)
  let toolchain = Toolchain(swiftc: place[2], clang: place[3], linker: place[4], workFolder: URL(filePath: place[5]))
  let folder = URL(filePath: place[1])
  let text = switch place[0] {
  case "examples": try ExamplePrograms(folder: folder, toolchain: toolchain).swiftSource()
  case "single": try SinglePrograms(folder: folder, toolchain: toolchain).swiftSource()
  // For `ClientComponent`, which has the memory made elsewhere.
  case "clients":
    try SinglePrograms(folder: folder, linkOptions: ["--no-entry", "--import-memory"], toolchain: toolchain).swiftSource()
  case "wasi": try WholeModule(folder: folder, name: "WASIModule", toolchain: toolchain).swiftSource()
  case "kernels": try KernelPrograms(folder: folder, toolchain: toolchain).swiftSource()
  default: throw BuildFailure("no job named \(place[0])")
  }
  try Data(text.utf8).write(to: URL(filePath: place[6]))
} catch {
  FileHandle.standardError.write(Data("error: example-builder: \(error)\n".utf8))
  exit(1)
}
