/// The program's version, as it stands in the files it writes.
public let parpVersion = "0.1.0"
