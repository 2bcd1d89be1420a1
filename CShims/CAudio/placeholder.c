#include "CAudio.h"
