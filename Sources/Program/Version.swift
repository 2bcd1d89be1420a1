/// The program's version, as in the files it writes.
public let parpVersion = "0.1.0"
