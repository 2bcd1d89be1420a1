internal import Foundation
package import Program

/// Everything that is wrong with a recipe.
package struct RecipeError: Error, CustomStringConvertible, Equatable {
    /// The file.
    package let path: String
    /// What is wrong, one sentence per fault.
    package let faults: [String]

    /// All faults, one per line.
    package var description: String {
        faults.count == 1
            ? "\(path): \(faults[0])" : ([path + ":"] + faults.map { "  " + $0 }).joined(separator: "\n")
    }
}

extension RecipeError: Fault {
    /// The exit code.
    package var exitCode: ExitCode { .usage }
}

extension Recipe {
    /// Reads a recipe file and changes from the command line, and checks the result.
    ///
    /// - Parameters:
    ///   - overrides: Each `section.key=value`; a value is TOML, or a string without its quotes.
    ///   - task: The only task that the command runs; nil uses the one named in the recipe, or else `ctc`.
    /// - Throws: `RecipeError` with all faults: unknown keys with the nearest known one, wrong types,
    ///   values out of range.
    package init(
        path: String, overrides: [String] = [], task: TaskKind? = nil
    ) throws(RecipeError) {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        // Before a byte is read: a device may never end.
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            let size = attributes?[.size] as? Int, size < 1 << 20,
            let data = FileManager.default.contents(atPath: path)
        else {
            throw RecipeError(
                path: path, faults: ["no such recipe, or it is larger than 1 MB" + presetHint(path)])
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw RecipeError(path: path, faults: ["is not UTF-8"])
        }
        try self.init(text: text, overrides: overrides, path: path, task: task)
    }

    /// Reads a recipe's text and changes from the command line, and checks the result.
    package init(
        text: String, overrides: [String] = [], path: String = "recipe", task: TaskKind? = nil
    ) throws(RecipeError) {
        self.init(for: task ?? .ctc)
        var faults: [String] = []
        var entries: [TOMLEntry] = []
        do {
            let document = try TOMLReader.document(text)
            entries = document.entries
            let stated =
                overrides.last { $0.hasPrefix("task=") }.map { Self.value(String($0.dropFirst(5))) }
                ?? document.entries.first { $0.section.isEmpty && $0.name == "task" }?.value
            if let stated = stated.flatMap(TaskKind.init) {
                self.init(for: stated)
                if let task, task != stated {
                    faults.append(
                        "task is \"\(stated.rawValue)\", but `\(task.command)` runs \"\(task.rawValue)\"")
                }
            }
            faults += apply(document)
        } catch {
            let isCorpus = text.first { !$0.isWhitespace } == "{"
            faults.append(
                error.sentence + (isCorpus ? "; this is a corpus: a recipe names it as data.train" : ""))
        }
        for override in overrides { faults += apply(override: override) }
        faults += rangeFaults.map { fault in
            place(of: fault, entries: entries, overrides: overrides) + fault
        }
        guard faults.isEmpty else { throw RecipeError(path: path, faults: faults) }
        if let metric = self.task.choices.first(where: { $0.name == evaluation.metric.name }) {
            evaluation.metric = metric
        }
    }

    /// Faults of values with the right type, singly and in combination; every sentence begins with a key.
    private var rangeFaults: [String] {
        var faults = RecipeKey.all(for: task).compactMap { $0.fault(self) }
        if task == .pretrain && data.minimumSeconds > data.maximumSeconds {
            faults.append(
                "data.min_seconds is \(data.minimumSeconds), above data.max_seconds \(data.maximumSeconds)")
        }
        faults += pruning.faults
        faults += decoding.faults
        if evaluation.everyUpdates == 0, evaluation.patience > 0 {
            faults.append(
                "evaluation.patience is \(evaluation.patience), but evaluation.every_updates is 0: nothing is evaluated "
                    + "before the end")
        }
        if evaluation.everyUpdates == 0, checkpoint.average > 1 {
            faults.append(
                "checkpoint.average is \(checkpoint.average), but evaluation.every_updates is 0: only evaluated "
                    + "models are averaged")
        }
        if evaluation.everyUpdates == 0, decoding.searches, decoding.every > 1 {
            faults.append(
                "decoding.every is \(decoding.every), but evaluation.every_updates is 0: nothing is evaluated before "
                    + "the end")
        }
        if !task.choices.contains(where: { $0.name == evaluation.metric.name }) {
            let names = task.choices.map { "\"\($0.name)\"" }.joined(separator: ", ")
            faults.append(
                "evaluation.metric is \"\(evaluation.metric.name)\"; for task \"\(task.rawValue)\" it must be one of \(names)"
            )
        }
        return faults
    }

    /// Applies all keys of a file; an unknown section is reported only once.
    private mutating func apply(_ document: TOMLDocument) -> [String] {
        let known = Set(RecipeKey.all.map(\.section))
        var faults = document.sections.filter { !known.contains($0.name) }.map {
            "line \($0.line): " + unknownSection($0.name)
        }
        for entry in document.entries {
            if !known.contains(entry.section), document.sections.contains(where: { $0.name == entry.section })
            {
                continue
            }
            faults += apply(entry).map { "line \(entry.line): \($0)" }
        }
        return faults
    }

    private mutating func apply(_ entry: TOMLEntry) -> [String] {
        guard let key = RecipeKey.all.first(where: { $0.section == entry.section && $0.name == entry.name })
        else { return [unknownKey(entry)] }
        guard key.belongs(to: task) else {
            let other = TaskKind.allCases.first { key.belongs(to: $0) } ?? task
            let (owner, reader) =
                other.command == task.command
                ? ("task \"\(other.rawValue)\"", "task \"\(task.rawValue)\"")
                : ("`\(other.command)`", "`\(task.command)`")
            return ["\(key.path) is a key of \(owner); \(reader) has no use for it"]
        }
        guard key.set(entry.value, &self) else {
            return ["\(key.path) is \(entry.value.toml); it must be \(key.expectation)"]
        }
        return []
    }

    private mutating func apply(override: String) -> [String] {
        guard let equals = override.firstIndex(of: "=") else {
            return ["--set \(override): expected section.key=value"]
        }
        let path = override[..<equals].trimmingCharacters(in: .whitespaces)
        let text = String(override[override.index(after: equals)...])
        let dot = path.lastIndex(of: ".")
        let section = dot.map { String(path[..<$0]) } ?? ""
        let name = dot.map { String(path[path.index(after: $0)...]) } ?? path
        return apply(TOMLEntry(section: section, name: name, value: Self.value(text), line: 0))
            .map { "--set \(override): \($0)" }
    }

    /// The value of an override: a shell removes the quotes of strings.
    private static func value(_ text: String) -> RecipeValue { TOMLReader.value(text) ?? .string(text) }
}

/// The message for an unknown section.
private func unknownSection(_ name: String) -> String {
    let sections = Set(RecipeKey.all.map(\.section)).subtracting([""]).sorted()
    let near = suggestion(for: name, among: sections, aliases: RecipeKey.sectionAliases)
    return "unknown section [\(name)]; "
        + (near.map { "did you mean [\($0)]?" } ?? "there are \(sections.joined(separator: ", "))")
}

/// Where the key at the beginning of a sentence was set: on the command line, else in the file; empty if
/// nowhere.
private func place(of fault: String, entries: [TOMLEntry], overrides: [String]) -> String {
    let path = fault.prefix { $0 != " " }
    let override = overrides.last { $0.prefix { $0 != "=" }.trimmingCharacters(in: .whitespaces) == path }
    if let override { return "--set \(override): " }
    let entry = entries.first { ($0.section.isEmpty ? $0.name : "\($0.section).\($0.name)") == path }
    return entry.map { "line \($0.line): " } ?? ""
}

/// The message for an unknown key.
private func unknownKey(_ entry: TOMLEntry) -> String {
    let place = entry.section.isEmpty ? "at the top" : "in [\(entry.section)]"
    return "unknown key `\(entry.name)` \(place); "
        + (nearKey(entry).map { "did you mean `\($0)`?" }
            ?? "there is none like it: `parp recipe` prints all keys")
}

/// The key that was meant; by its name alone if it is in the same section.
private func nearKey(_ entry: TOMLEntry) -> String? {
    let keys = RecipeKey.all
    // A key of another section is more likely misplaced than misspelt.
    let path =
        keys.first { $0.name == entry.name }?.path ?? alias(for: entry.name, in: RecipeKey.aliases)
        ?? suggestion(for: entry.name, among: keys.filter { $0.section == entry.section }.map(\.name))
        .flatMap { name in keys.first { $0.section == entry.section && $0.name == name }?.path }
        ?? suggestion(for: entry.name, among: keys.map(\.name)).flatMap { name in
            keys.first { $0.name == name }?.path
        }
        ?? suggestion(for: entry.name, among: RecipeKey.aliases.keys.sorted()).flatMap {
            RecipeKey.aliases[$0]
        }
    guard let path, let key = keys.first(where: { $0.path == path }) else { return nil }
    return key.section == entry.section ? key.name : path
}

/// Whether a path exists.
func isFile(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// A hint for a name that is not a file.
private func presetHint(_ path: String) -> String {
    guard !isFile(path) else { return "" }
    if isFile(path + ".toml") { return "; did you mean \(path).toml?" }
    guard let preset = RecipePreset.named(path) else { return "" }
    return "; `parp recipe \(preset.name) > \(preset.name).toml` writes the preset of that name"
}
