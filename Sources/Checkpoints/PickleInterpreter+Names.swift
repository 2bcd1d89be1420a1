// Names, and the few that are supported.
extension PickleInterpreter {
    mutating func global(module: String, name: String) throws(CheckpointError) {
        let full = "\(module).\(name)"
        guard PickleGlobals.isAllowed(module: module, name: name) else {
            throw CheckpointError(
                file.path,
                "refers to \(full), which no checkpoint of weights needs. It was not executed, and the file "
                    + "is not read further: do not trust its origin")
        }
        try push(.global(full))
    }

    mutating func stackGlobal() throws(CheckpointError) {
        let names = try popMany(2)
        guard case .string(let module) = heap[names[0]], case .string(let name) = heap[names[1]] else {
            throw fault("a name that is not a string")
        }
        try global(module: module, name: name)
    }

    mutating func reduce() throws(CheckpointError) {
        let operands = try popMany(2)
        guard case .tuple(let arguments) = heap[operands[1]] else {
            throw fault("arguments that are not a tuple")
        }
        guard case .global(let name) = heap[operands[0]] else {
            if case .instance(let callee) = heap[operands[0]] {
                return try push(.instance(PickleInstance(className: callee.className)))
            }
            throw fault("it calls something that is not a name")
        }
        switch name {
        case "collections.OrderedDict":
            guard arguments.isEmpty else { throw fault("a dictionary from a list, as Python 2 wrote them") }
            try push(.dictionary([]))
        case "collections.defaultdict": try push(.dictionary([]))
        case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
            try push(.tensor(try rebuildTensor(arguments)))
        case "torch._utils._rebuild_parameter":
            guard let tensor = arguments.first, case .tensor = heap[tensor] else {
                throw fault("a parameter without its tensor")
            }
            try mention(tensor)
        default: try push(.instance(PickleInstance(className: name, arguments: arguments)))
        }
    }

    /// BUILD: sets the attributes of the object on the stack.
    ///
    /// Those of dictionaries are dropped: state dictionaries keep `_metadata` there.
    mutating func build() throws(CheckpointError) {
        let state = try pop()
        let target = try top()
        guard case .instance(var instance) = heap[target] else { return }
        instance.state = state
        heap[target] = .instance(instance)
    }

    private func integers(_ object: Int) throws(CheckpointError) -> [Int] {
        guard case .tuple(let items) = heap[object], items.count <= 8 else {
            throw fault("a shape that is not a tuple")
        }
        var result: [Int] = []
        for item in items {
            guard case .integer(let value) = heap[item], value >= 0 else {
                throw fault("a dimension that is not a number")
            }
            result.append(value)
        }
        return result
    }

    private func rebuildTensor(_ arguments: [Int]) throws(CheckpointError) -> TensorReference {
        guard arguments.count >= 4, case .storage(let storage) = heap[arguments[0]],
            case .integer(let offset) = heap[arguments[1]], offset >= 0
        else { throw fault("a tensor without its storage") }
        let (sizes, strides) = (try integers(arguments[2]), try integers(arguments[3]))
        guard sizes.count == strides.count else {
            throw fault("a tensor with \(sizes.count) dimensions and \(strides.count) strides")
        }
        try checkReach(sizes, strides, offset: offset, in: storage)
        return TensorReference(storage: storage, offset: offset, sizes: sizes, strides: strides)
    }

    /// The last element must lie inside the storage, and no product may overflow on the way there.
    private func checkReach(
        _ sizes: [Int], _ strides: [Int], offset: Int, in storage: StorageReference
    ) throws(CheckpointError) {
        // For a tensor without elements too: dimensions are multiplied in order, and a 0 may be last.
        var product = 1
        for size in sizes where size > 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow else { throw fault("a tensor whose extents overflow") }
            product = next
        }
        var last = offset
        var count = 1
        // An empty tensor reaches nowhere, whatever its strides.
        for (size, stride) in zip(sizes, strides) where !sizes.contains(0) {
            let (product, overflow1) = count.multipliedReportingOverflow(by: size)
            let (reach, overflow2) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflow3) = last.addingReportingOverflow(reach)
            guard !overflow1, !overflow2, !overflow3 else { throw fault("a tensor whose extents overflow") }
            (count, last) = (product, sum)
        }
        let isEmpty = sizes.contains(0)
        guard isEmpty ? offset <= storage.elementCount : last < storage.elementCount else {
            throw fault("a tensor that reaches outside its storage")
        }
        // Strides of 0 let a small file state a tensor of any size; no weight is stored that way.
        guard isEmpty || count <= storage.elementCount else {
            throw fault("a tensor of \(count) elements in a storage of \(storage.elementCount)")
        }
    }

    /// ('storage', class, key, location, element count[, view]); `location` is the original device, which is
    /// ignored.
    mutating func persistentStorage() throws(CheckpointError) {
        guard case .tuple(let parts) = heap[try pop()], parts.count >= 5,
            case .string(let kind) = heap[parts[0]]
        else { throw fault("a reference that is not a tuple") }
        guard kind == "storage" else { return try push(.instance(PickleInstance(className: kind))) }
        guard case .global(let name) = heap[parts[1]], let dataType = PickleGlobals.storages[name],
            case .string(let key) = heap[parts[2]], case .integer(let count) = heap[parts[4]], count >= 0
        else { throw fault("a storage of an unknown kind") }
        var view = 0..<count
        if parts.count > 5, case .tuple(let metadata) = heap[parts[5]], metadata.count == 3 {
            guard case .integer(let offset) = heap[metadata[1]], case .integer(let size) = heap[metadata[2]],
                offset >= 0, size >= 0, offset <= count, size <= count - offset
            else { throw fault("a view outside its storage") }
            view = offset..<offset + size
        }
        try push(
            .storage(
                StorageReference(
                    key: key, dataType: dataType, totalCount: count, viewOffset: view.lowerBound,
                    elementCount: view.count)))
    }
}
