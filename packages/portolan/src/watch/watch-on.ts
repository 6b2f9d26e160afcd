import type { Monitor } from '@portolan/host'
import type { Clock } from './clock.ts'
import type { HeldProject } from './held-project.ts'
import type { HostEvent } from './host-event.ts'
import { type WatchOptions, watchProject } from './watch-project.ts'

/** A machine that can be listened to. */
interface Listening {
  readonly clock: Clock
  openMonitor(): Promise<Monitor>
}

/** Watches a project with a monitor of its own. */
export async function* watchOn(
  held: HeldProject,
  machine: Listening,
  options: WatchOptions,
): AsyncGenerator<HostEvent, void> {
  await using monitor = await machine.openMonitor()
  yield* watchProject(held, monitor, options, machine.clock)
}
