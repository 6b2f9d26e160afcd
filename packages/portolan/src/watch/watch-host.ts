import type { Runner } from '@portolan/core'
import { openMonitor } from '@portolan/host'
import { systemClock } from './clock.ts'
import type { HeldProject } from './held-project.ts'
import type { HostEvent } from './host-event.ts'
import { watchOn } from './watch-on.ts'
import type { WatchOptions } from './watch-project.ts'

/** Watches a project of this host. */
export const watchHost = (
  held: HeldProject,
  runner: Runner,
  options: WatchOptions,
): AsyncGenerator<HostEvent, void> =>
  // The monitor finds changes of iptables-legacy by reading its rules. Other programs may use it beside any backend.
  watchOn(held, { clock: systemClock, openMonitor: () => openMonitor({ legacy: { runner } }) }, options)
