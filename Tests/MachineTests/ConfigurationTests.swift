import EdgeCalls
import Testing

@testable import Machine
