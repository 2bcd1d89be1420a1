/// Resolves a manifest's path, which is relative to the manifest's folder.
func resolve(_ path: String, besides manifest: String) -> String {
    guard path.utf8.first != slash, let end = manifest.utf8.lastIndex(of: slash) else { return path }
    return String(manifest[...end]) + path
}

/// Whether a relative path stays in its folder; links in the folder may lead anywhere.
func staysInside(_ path: String) -> Bool {
    path.utf8.first != slash && !path.utf8.split(separator: slash).contains { $0.elementsEqual("..".utf8) }
}

private let slash = UInt8(ascii: "/")
