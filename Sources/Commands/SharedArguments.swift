internal import ArgumentParser

/// What all commands have that print for people or, if asked, for programs.
struct JSONArguments: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print one JSON object on one line.")
    var isAsked = false
}

/// What all commands have that compute with threads.
struct ThreadArguments: ParsableArguments {
    @Option(name: .customLong("threads"), help: "Threads per rank.")
    var count = 1

    func validate() throws {
        guard count > 0 else { throw ValidationError("--threads is \(count); it must be 1 or more") }
    }
}

/// What all commands have that put data through a model.
struct InferenceArguments: ParsableArguments {
    @OptionGroup var threads: ThreadArguments

    @Flag(help: "Multiply zeros like all other weights, however many there are.")
    var dense = false
}
