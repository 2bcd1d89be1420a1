internal import JSON

/// The objects of a pickle, with those that are not tensors readable as JSON.
///
/// Configurations are dictionaries, argparse namespaces or omegaconf nodes; all three are read as objects of
/// keys and values.
struct PickleValues: Sendable {
    let path: String
    let heap: [PickleObject]
    let root: Int

    /// The maximum number of values of one answer: objects may share parts, so a small file could state a
    /// huge tree.
    private static let maximumValues = 200_000
    /// The maximum nesting depth.
    private static let maximumDepth = 64

    /// The value at a path of keys and attributes from the root, or nil.
    func json(at keys: String...) throws(CheckpointError) -> JSONValue? {
        var place = root
        for key in keys {
            guard let next = member(key, of: place) else { return nil }
            place = next
        }
        var budget = Self.maximumValues
        return try json(place, depth: 0, budget: &budget)
    }

    /// The last value set for a dictionary key or an attribute.
    private func member(_ key: String, of place: Int) -> Int? {
        guard case .dictionary(let pairs) = heap[content(of: place) ?? place] else { return nil }
        return pairs.last { heap[$0.key] == .string(key) }?.value
    }

    /// The content of an instance: the value in an omegaconf node, the attributes of another object, or the
    /// argument of an enumeration's member; nil if it is not an instance.
    private func content(of place: Int) -> Int? {
        var place = place
        // A node may contain a node; cycles end.
        for _ in 0..<Self.maximumDepth {
            guard case .instance(let instance) = heap[place] else { break }
            guard let state = instance.state else {
                guard instance.arguments.count == 1 else { return nil }
                place = instance.arguments[0]
                continue
            }
            guard instance.className.hasPrefix("omegaconf."), case .dictionary(let attributes) = heap[state],
                let inner = attributes.last(where: {
                    [.string("_content"), .string("_val")].contains(heap[$0.key])
                })
            else { return state }
            place = inner.value
        }
        return place
    }

    private func json(_ place: Int, depth: Int, budget: inout Int) throws(CheckpointError) -> JSONValue {
        budget -= 1
        guard budget > 0, depth < Self.maximumDepth else {
            throw CheckpointError(path, "its configuration is too deep or too large")
        }
        switch heap[place] {
        case .boolean(let boolean): return .boolean(boolean)
        case .integer(let integer): return .integer(integer)
        case .number(let number): return .number(number)
        case .string(let string): return .string(string)
        case .tuple(let items), .list(let items):
            var elements: [JSONValue] = []
            for item in items { elements.append(try json(item, depth: depth + 1, budget: &budget)) }
            return .array(elements)
        case .dictionary(let pairs): return try object(pairs, depth: depth, budget: &budget)
        case .instance:
            guard let content = content(of: place) else { return .null }
            return try json(content, depth: depth + 1, budget: &budget)
        case .none, .bytes, .global, .storage, .tensor: return .null
        }
    }

    /// The members with string keys; a key set twice has its last value, as in Python.
    private func object(
        _ pairs: [PickleObject.Pair], depth: Int, budget: inout Int
    ) throws(CheckpointError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var indexOfKey: [String: Int] = [:]
        for pair in pairs {
            guard case .string(let key) = heap[pair.key] else { continue }
            let value = try json(pair.value, depth: depth + 1, budget: &budget)
            if let index = indexOfKey[key] {
                members[index].value = value
            } else {
                indexOfKey[key] = members.count
                members.append(JSONValue.Member(key, value))
            }
        }
        return .object(members)
    }
}
