import Tensors
import Testing

@testable import Training

struct PrecisionProbeTests {
    @Test(
        "bfloat16 is chosen where it clearly gains",
        arguments: [(0.5, true), (0.9, true), (0.92, false), (1, false), (2, false)])
    func choice(seconds: Double, isChosen: Bool) {
        let probe = PrecisionProbe(float32Seconds: 1, bfloat16Seconds: seconds)
        #expect(probe.precision == (isChosen ? .bfloat16 : .float32))
        #expect(probe.text.hasPrefix(probe.precision.rawValue))
    }

    @Test("a run is as slow as its slowest rank, and has bfloat16 where all ranks do")
    func ranks() {
        let fast = PrecisionProbe(float32Seconds: 2, bfloat16Seconds: 1)
        let slow = PrecisionProbe(float32Seconds: 3, bfloat16Seconds: 6)
        let lacking = PrecisionProbe(float32Seconds: 2.5, bfloat16Seconds: nil)
        #expect(PrecisionProbe(slowestOf: [fast, fast]).precision == .bfloat16)
        let slowest = PrecisionProbe(slowestOf: [fast, slow])
        #expect(slowest == PrecisionProbe(float32Seconds: 3, bfloat16Seconds: 6))
        let mixed = PrecisionProbe(slowestOf: [fast, lacking])
        #expect(mixed == PrecisionProbe(float32Seconds: 2.5, bfloat16Seconds: nil))
        #expect(mixed.precision == .float32)
        #expect(mixed.text == "float32; bfloat16 is not available here")
    }

    @Test("every layer's products are measured, those of one shape once for all of them")
    func layers() {
        var layout = ParameterLayout()
        for index in 0..<2 {
            _ = layout.add("layer\(index)", [256, 128], role: .prunable(layer: nil, kind: .other))
        }
        _ = layout.add("other", [96, 256], role: .prunable(layer: nil, kind: .other))
        _ = layout.add("norm", [128])
        _ = layout.add("fixed", [4096, 4096])
        let probe = PrecisionProbe(layout, frames: 64, heldSparsity: 0.9)
        #expect(probe.float32Seconds > 0)
        // 10 million operations; the matrix that no mask knows would take thousands.
        #expect(probe.float32Seconds < 1)
        #expect(probe.bfloat16Seconds.map { $0 > 0 } ?? true)
        #expect(PrecisionProbe(ParameterLayout(), frames: 64, heldSparsity: 0).precision == .float32)
    }
}
