internal import JSON

/// The keys of a settings file: a value of the wrong type is refused, never ignored.
struct StatedKeys {
    /// The object; nil without a file.
    let value: JSONValue?
    /// The file, for messages.
    let path: String
    /// The root for references `${section.key}`, as in omegaconf; none if such strings have no special
    /// meaning.
    let roots: [JSONValue]

    init(_ value: JSONValue?, path: String, roots: [JSONValue] = []) {
        self.value = value
        self.path = path
        self.roots = roots
    }

    /// The value of a key, following references; nil if missing or null.
    func stated(_ key: String) throws(CheckpointError) -> JSONValue? {
        guard let found = value?[key], found != .null else { return nil }
        let resolved = try resolve(found, of: key)
        return resolved == .null ? nil : resolved
    }

    /// The maximum length of a chain of references.
    private static let maximumReferences = 16

    /// Resolves a string that is a reference, such as `${task.normalize}`.
    private func resolve(_ found: JSONValue, of key: String) throws(CheckpointError) -> JSONValue {
        var current = found
        for _ in 0..<Self.maximumReferences {
            guard !roots.isEmpty, let text = current.string, text.contains("${") else { return current }
            guard let target = reference(text) else {
                throw CheckpointError(
                    path,
                    "\(key) is \(found.line.prefix(80)), which refers to nothing in it; write the value there"
                )
            }
            current = target
        }
        throw CheckpointError(path, "\(key) is \(found.line.prefix(80)), which refers to itself")
    }

    /// The target of `${a.b}` from the root, or of `${.b}` beside the key.
    private func reference(_ text: String) -> JSONValue? {
        guard text.hasPrefix("${"), text.hasSuffix("}") else { return nil }
        var name = text.dropFirst(2).dropLast()
        let starts = name.hasPrefix(".") ? [value].compactMap { $0 } : roots
        if name.hasPrefix(".") { name = name.dropFirst() }
        let keys = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return starts.lazy.compactMap { root in
            keys.reduce(JSONValue?.some(root)) { place, key in place?[key] }
        }.first
    }

    /// Whether a key is present and null.
    func isNull(_ key: String) -> Bool { value?[key] == .null }

    func boolean(_ key: String) throws(CheckpointError) -> Bool? {
        guard let stated = try stated(key) else { return nil }
        guard let boolean = stated.boolean else { throw fault(key, stated, "true or false") }
        return boolean
    }

    func integer(_ key: String) throws(CheckpointError) -> Int? {
        guard let stated = try stated(key) else { return nil }
        guard let integer = stated.integer else { throw fault(key, stated, "a whole number") }
        return integer
    }

    func string(_ key: String) throws(CheckpointError) -> String? {
        guard let stated = try stated(key) else { return nil }
        guard let string = stated.string else { throw fault(key, stated, "a text") }
        return string
    }

    /// A token, as a text or as an object with its text.
    func token(_ key: String) throws(CheckpointError) -> String? {
        guard let stated = try stated(key) else { return nil }
        guard let token = stated.string ?? stated["content"]?.string else {
            throw fault(key, stated, "a token")
        }
        return token
    }

    /// The object of a key.
    func part(_ key: String) throws(CheckpointError) -> StatedKeys? {
        guard let stated = try stated(key) else { return nil }
        guard stated.members != nil else { throw fault(key, stated, "an object") }
        return StatedKeys(stated, path: path, roots: roots)
    }

    func fault(_ key: String, _ found: JSONValue, _ expected: String) -> CheckpointError {
        CheckpointError(path, "\(key) is \(found.line.prefix(80)); it must be \(expected)")
    }
}
