internal import ArgumentParser
internal import MaskFiles
internal import Session
internal import Training

extension MaskFormat: ExpressibleByArgument {}
extension BitOrder: ExpressibleByArgument {}

/// `parp mask`.
struct Mask: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Inspect, compare and apply masks, and convert those of other tools.",
        discussion: """
            Wherever a mask is asked for, any of these will do: a mask file of parp, a model directory or a pack, whose exact zeros \
            are its mask, a state dict of torch.nn.utils.prune (.pt, .bin, .safetensors), and a file in \
            compressed-tensors' bitmask format.
            """,
        subcommands: [MaskStats.self, MaskCompare.self, MaskApply.self, MaskConvert.self])
}

/// `parp mask stats`.
struct MaskStats: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Print the sparsity of each layer and each kind of projection.")

    @Argument(help: "The mask, or a model directory.")
    var source: String

    @Flag var biases: BiasChoice?

    @OptionGroup var json: JSONArguments

    func run() { launch { try runMaskStats(self, session: $0) } }
}

/// `parp mask compare`.
struct MaskCompare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Print IOU and overlap of masks, overall and layer by layer.")

    @Argument(help: "Two masks or more.")
    var sources: [String] = []

    @Option(name: .customLong("run"), help: "A run whose masks are compared with the ones before them.")
    var runDirectory: String?

    @Flag var biases: BiasChoice?

    @OptionGroup var json: JSONArguments

    func run() { launch { try runMaskCompare(self, session: $0) } }
}

/// `parp mask apply`.
struct MaskApply: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Zero what a mask prunes and write the exactly sparse model.")

    @Option(help: "The mask.")
    var mask: String

    @Option(help: "The model directory, or a pack.")
    var model: String

    @Option(help: "The directory to write.")
    var output: String

    @OptionGroup var overwrite: OverwriteArguments

    func run() { launch { try runMaskApply(self, session: $0) } }
}

/// `parp mask convert`.
struct MaskConvert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Convert parp's masks to another tool's format, and back.")

    @Argument(help: "The mask.")
    var source: String

    @Option(help: "The format: parp, torch (…_orig and …_mask), or bitmask (compressed-tensors).")
    var to = MaskFormat.parp

    @Option(
        help: "The model directory, or a pack, whose weights are written too; torch and bitmask need it.")
    var model: String?

    @Option(help: "The .safetensors file to write.")
    var output: String

    @Option(help: "The order of bits in a bitmask that does not state it.")
    var bitOrder = BitOrder.little

    @OptionGroup var overwrite: OverwriteArguments

    func run() { launch { try runMaskConvert(self, session: $0) } }
}
