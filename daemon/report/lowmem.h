/* The D-Bus interface org.freedesktop.LowMemoryMonitor of the program low-memory-monitor 2.1: one
 * signal, LowMemoryWarning(y level), on the system bus. */
#pragma once

#include "policy/warn.h"

#define RL_LOWMEM_NAME      "org.freedesktop.LowMemoryMonitor"
#define RL_LOWMEM_OBJECT    "/org/freedesktop/LowMemoryMonitor"
#define RL_LOWMEM_INTERFACE "org.freedesktop.LowMemoryMonitor"
