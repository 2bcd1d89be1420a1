internal import ArgumentParser
internal import Session
internal import Training

/// `parp pack`.
struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model directory losslessly as one file, as small as its zeros make it.")

    @Option(help: "The model directory, with safetensors weights.")
    var model: String

    @Option(help: "The file to write; every --model accepts it.")
    var output: String

    @OptionGroup var overwrite: OverwriteArguments

    func run() {
        let place = OutputPlace(output, reading: [model], overwrites: overwrite.isAsked)
        launch { try runPack(model: model, output: output, place: place, session: $0) }
    }
}

/// `parp unpack`.
struct Unpack: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write the packed model directory.")

    @Argument(help: "The packed model.")
    var file: String

    @Option(help: "The directory to write.")
    var output: String

    @OptionGroup var overwrite: OverwriteArguments

    func run() {
        let place = OutputPlace(output, reading: [file], overwrites: overwrite.isAsked)
        launch { try runUnpack(pack: file, output: output, place: place, session: $0) }
    }
}
