import type { Runner } from '@portolan/core'
import { openMonitor } from '@portolan/host'
import type { HeldProject } from './held-project.ts'
import type { HostEvent } from './host-event.ts'
import { type WatchOptions, watchProject } from './watch-project.ts'

/** Watches a project with a monitor of its own. */
export async function* watchHost(
  held: HeldProject,
  runner: Runner,
  options: WatchOptions,
): AsyncGenerator<HostEvent, void> {
  // Rules of iptables-legacy are looked for by reading them; other programs may use it beside any backend of ours.
  await using monitor = await openMonitor({ legacy: { runner } })
  yield* watchProject(held, monitor, options)
}
