internal import ArgumentParser

/// Options of all commands that write a model, a mask or a manifest.
struct OverwriteArguments: ParsableArguments {
    @Flag(
        name: .customLong("overwrite"),
        help: "Replace --output if it exists and is of the same kind.")
    var isAsked = false
}
