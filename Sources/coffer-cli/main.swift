import CodeObjects
import Coffer
import Foundation
let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1])))
let environment = ProcessInfo.processInfo.environment
let builder = TrustletBuilder(toolchain: try Toolchain.locate(environment: environment), cache: .standard(environment: environment))
let image = try builder.image(of: bytes)
print(image.measurement)
print(try trial(image, arguments: Array(CommandLine.arguments.dropFirst())))
