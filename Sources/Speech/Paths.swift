/// A path as it stands in a manifest, which is relative to the manifest's folder.
func resolve(_ path: String, besides manifest: String) -> String {
    guard !path.hasPrefix("/"), let slash = manifest.lastIndex(of: "/") else { return path }
    return String(manifest[...slash]) + path
}

/// Whether a relative path stays in its folder; links in the folder lead where their maker wanted.
func staysInside(_ path: String) -> Bool {
    !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
}
