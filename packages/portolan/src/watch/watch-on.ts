import type { Monitor } from '@portolan/host'
import type { Clock } from './clock.ts'
import type { HeldProject } from './held-project.ts'
import type { HostEvent } from './host-event.ts'
import { type WatchOptions, watchProject } from './watch-project.ts'

/** A machine whose changes can be observed. */
interface Listening {
  readonly clock: Clock
  openMonitor(): Promise<Monitor>
}

/** Watches a project with its own monitor. */
export async function* watchOn(
  held: HeldProject,
  machine: Listening,
  options: WatchOptions,
): AsyncGenerator<HostEvent, void> {
  await using monitor = await machine.openMonitor()
  yield* watchProject(held, monitor, options, machine.clock)
}
