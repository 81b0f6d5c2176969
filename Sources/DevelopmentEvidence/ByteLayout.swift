func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

/// An integer's bytes, the least first.
func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

/// An integer's bytes, the greatest first.
func big(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
