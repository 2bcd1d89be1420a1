// Written by Tests/Golden/kernel_values.py with PyTorch 2.13.0; do not edit.

/// Projections of PyTorch's results and gradients, in float64.
enum GoldenValues {
    static let linear: [String: Double] = [
        "output": -0.0624725514, "dInput": 3.11849924, "dWeight": 1.07451127, "dBias": -0.0655135213,
    ]
    static let layerNorm: [String: Double] = [
        "output": -8.45680824, "dInput": 12.1720081, "dWeight": -2.86582993, "dBias": 7.09440018,
    ]
    static let groupNorm: [String: Double] = [
        "output": -3.61113742, "dInput": 11.1377773, "dWeight": -11.4987761, "dBias": -31.5330515,
    ]
    static let gelu: [String: Double] = [
        "output": -3.76012326, "dInput": 2.94961216,
    ]
    static let attention: [String: Double] = [
        "output": 2.13260167, "dQuery": 0.638591672, "dKey": 1.66116559, "dValue": 0.25576176,
    ]
    static let weightNorm: [String: Double] = [
        "output": -1.12103, "dDirection": -0.187733558, "dGain": -7.99740472,
    ]
    static let logSoftmax: [String: Double] = [
        "output": 3.94648321
    ]
    static let ctc: [String: Double] = [
        "dLogits": 1.04300657
    ]
    static let ctcLosses: [Double] = [10.3581454, 3.87190312, 6.78454799, 12.747144]
    static let gumbelQuantizer: [String: Double] = [
        "output": 3.80476172, "dLogits": -0.420188243, "dCodevectors": 9.17683692,
    ]
    static let gumbelQuantizerCodes = [1, 4, 0, 0, 0, 0, 4, 3, 1, 3, 1, 2, 0, 3]
    static let codebookDiversity: [String: Double] = [
        "dLogits": -0.208358696
    ]
    static let codebookDiversityLosses: [Double] = [0.0949250984, 0.0835730298]
    static let contrastiveLoss: [String: Double] = [
        "dPredictions": -5.70015973, "dTargets": -17.0716862,
    ]
    static let contrastiveLosses: [Double] = [12.8547972, 12.9600823]
    static let contrastiveCorrect = 5
    static let linearTransposed: [String: Double] = [
        "output": -2.16824495, "dInput": 0.710829676, "dWeight": 5.52707332, "dBias": -0.0655135213,
    ]
    static let tanh: [String: Double] = [
        "output": 1.65023292, "dInput": 0.398273785,
    ]
    static let crossEntropy: [String: Double] = [
        "dLogits": -0.718142511
    ]
    static let crossEntropyLosses: [Double] = [
        0.678292685, 0.200372607, 3.01225503, 0.0682886327, 2.70113766,
    ]
    static let relativeAttention: [String: Double] = [
        "output": 3.02417213, "dQuery": 1.71763874, "dKey": -0.702390527, "dValue": 0.383317173,
        "dPositions": 1.29817477, "dSegmentKeys": 4.60759588, "dContentBias": -0.69140941,
        "dPositionBias": -0.200281497, "dSegmentBias": -0.820397713,
    ]
    static let convolutionWaveform: [String: Double] = [
        "output": 8.76633411, "dInput": 6.00987105, "dWeight": -2.20678864, "dBias": 0.513147966,
    ]
    static let convolutionOverlapping: [String: Double] = [
        "output": 10.4988007, "dInput": 9.00097084, "dWeight": -1.16403141, "dBias": -0.705150243,
    ]
    static let convolutionDisjoint: [String: Double] = [
        "output": -0.87582767, "dInput": 0.101740845, "dWeight": 0.0154074107, "dBias": -0.0529191888,
    ]
    static let positionalConvolutionEven: [String: Double] = [
        "output": 8.07980947, "dInput": 13.3408534, "dWeight": 7.11144709, "dBias": 0.941728112,
    ]
    static let positionalConvolutionOdd: [String: Double] = [
        "output": -1.06539647, "dInput": -14.0547447, "dWeight": -2.87440227, "dBias": 0.941728112,
    ]
}
