internal import ArgumentParser

/// What all commands have that write a model, a mask or a manifest.
struct OverwriteArguments: ParsableArguments {
    @Flag(
        name: .customLong("overwrite"),
        help: "Replace what --output names, if it is there and of the same kind.")
    var isAsked = false
}
