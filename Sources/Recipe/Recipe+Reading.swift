internal import Foundation
package import Program

/// Everything that is wrong with a recipe.
package struct RecipeError: Error, CustomStringConvertible, Equatable {
    /// The file.
    package let path: String
    /// What is wrong, one sentence a fault.
    package let faults: [String]

    /// All faults, one a line.
    package var description: String {
        faults.count == 1
            ? "\(path): \(faults[0])" : ([path + ":"] + faults.map { "  " + $0 }).joined(separator: "\n")
    }
}

extension RecipeError: Fault {
    /// How the process ends.
    package var exitCode: ExitCode { .usage }
}

extension Recipe {
    /// Reads a recipe file and changes from the command line, and checks the whole.
    ///
    /// - Parameters:
    ///   - overrides: `section.key=value` each; a value is TOML, or a text without its quotes.
    ///   - task: The task of a command that runs no other; nil takes the one that the recipe names, or else `ctc`.
    /// - Throws: `RecipeError` with all faults: unknown keys with the nearest known one, wrong types,
    ///   values out of range.
    package init(
        path: String, overrides: [String] = [], task: TaskKind? = nil
    ) throws(RecipeError) {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        // Before a byte is read: a device may have no end.
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            let size = attributes?[.size] as? Int, size < 1 << 20,
            let data = FileManager.default.contents(atPath: path)
        else {
            throw RecipeError(path: path, faults: ["no such recipe, or it is larger than 1 MB"])
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw RecipeError(path: path, faults: ["is not UTF-8"])
        }
        try self.init(text: text, overrides: overrides, path: path, task: task)
    }

    /// Reads a recipe's text and changes from the command line, and checks the whole.
    package init(
        text: String, overrides: [String] = [], path: String = "recipe", task: TaskKind? = nil
    ) throws(RecipeError) {
        self.init(for: task ?? .ctc)
        var faults: [String] = []
        do {
            let document = try TOMLReader.document(text)
            let stated =
                overrides.last { $0.hasPrefix("task=") }.map { RecipeValue.string(String($0.dropFirst(5))) }
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
            faults.append(error.sentence)
        }
        for override in overrides { faults += apply(override: override) }
        guard faults.isEmpty else { throw RecipeError(path: path, faults: faults) }
        faults = RecipeKey.all(for: self.task).compactMap { $0.fault(self) }
        if self.task == .pretrain && data.minimumSeconds > data.maximumSeconds {
            faults.append(
                "data.min_seconds is \(data.minimumSeconds), above data.max_seconds \(data.maximumSeconds)")
        }
        faults += pruning.faults
        if let metric = self.task.choices.first(where: { $0.name == evaluation.metric.name }) {
            evaluation.metric = metric
        } else {
            let names = self.task.choices.map { "\"\($0.name)\"" }.joined(separator: ", ")
            faults.append(
                "evaluation.metric is \"\(evaluation.metric.name)\"; for task \"\(self.task.rawValue)\" it must be one of \(names)"
            )
        }
        guard faults.isEmpty else { throw RecipeError(path: path, faults: faults) }
    }

    /// Takes all keys of a file; of a section that there is not, one fault is enough.
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
        // Text without quotes is what a shell leaves of it.
        let value = TOMLReader.value(text) ?? .string(text)
        return apply(TOMLEntry(section: section, name: name, value: value, line: 0))
            .map { "--set \(override): \($0)" }
    }
}

/// What to say of a section that there is not.
private func unknownSection(_ name: String) -> String {
    let sections = Set(RecipeKey.all.map(\.section)).subtracting([""])
    return "unknown section [\(name)]; did you mean [\(nearest(to: name, among: sections.sorted()))]?"
}

/// What to say of a key that there is not.
private func unknownKey(_ entry: TOMLEntry) -> String {
    let siblings = RecipeKey.all.filter { $0.section == entry.section }.map(\.name)
    // A key that stands in another section is more likely misplaced than misspelt.
    let misplaced = RecipeKey.all.first { $0.name == entry.name }
    let suggestion = misplaced?.path ?? nearest(to: entry.name, among: siblings)
    let place = entry.section.isEmpty ? "at the top" : "in [\(entry.section)]"
    return "unknown key `\(entry.name)` \(place); did you mean `\(suggestion)`?"
}

/// The name with the fewest edits (Levenshtein) to what was written.
package func nearest(to written: String, among names: [String]) -> String {
    func distance(_ a: [Character], _ b: [Character]) -> Int {
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let substituted = diagonal + (left == right ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
    let target = Array(written)
    return names.min { distance(Array($0), target) < distance(Array($1), target) } ?? written
}
