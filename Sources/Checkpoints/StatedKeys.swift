internal import JSON

/// What a file of settings states, key by key: a value of another type than its key's is refused, never passed over.
struct StatedKeys {
    /// The object; nil without a file.
    let value: JSONValue?
    /// The file, for messages.
    let path: String
    /// Where `${section.key}` is looked for, as omegaconf has it; none where such a text is but a text.
    let roots: [JSONValue]

    init(_ value: JSONValue?, path: String, roots: [JSONValue] = []) {
        self.value = value
        self.path = path
        self.roots = roots
    }

    /// What a key holds, what it refers to followed; nil if it is not there, or null.
    func stated(_ key: String) throws(CheckpointError) -> JSONValue? {
        guard let found = value?[key], found != .null else { return nil }
        let resolved = try resolve(found, of: key)
        return resolved == .null ? nil : resolved
    }

    /// The most references from one to the next.
    private static let maximumReferences = 16

    /// Follows a text that is a reference, as in `${task.normalize}`, to what it refers to.
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

    /// What `${a.b}` names from a root on, or `${.b}` beside the key.
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

    /// Whether a key is there and null.
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

    /// The object below a key.
    func part(_ key: String) throws(CheckpointError) -> StatedKeys? {
        guard let stated = try stated(key) else { return nil }
        guard stated.members != nil else { throw fault(key, stated, "an object") }
        return StatedKeys(stated, path: path, roots: roots)
    }

    func fault(_ key: String, _ found: JSONValue, _ expected: String) -> CheckpointError {
        CheckpointError(path, "\(key) is \(found.line.prefix(80)); it must be \(expected)")
    }
}
