// The interface has no code of its own; SwiftPM wants a source file in every target.
#include "lpk.h"
