// The one call of the file system that Swift's view of the C library leaves out.
#pragma once

// Exchanges two paths in one step. Returns 0, or -1 where the system or the file system cannot.
int parp_exchange_paths(const char *first, const char *second);
