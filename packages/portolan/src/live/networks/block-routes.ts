import { diffRoutes } from '@portolan/core/planning'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'

/** The routes of a live project to the blocks of other hosts. */
export interface BlockRoutes {
  /** Adds, changes and removes routes until they are as desired. */
  mend(): Promise<void>
  /**
   * Mends the routes as `mend` does, but only if another process has recorded the other hosts again since the last
   * time. Rules that name their blocks count as damaged then.
   */
  keepUp(): Promise<void>
  /** Tells whether `keepUp` would find no new record. */
  areUp(): boolean
}

export const blockRoutes = (
  rules: LiveRules,
  { links, withLock, cluster }: Pick<LiveMachine, 'links' | 'withLock' | 'cluster'>,
): BlockRoutes => {
  let isDone = false
  const missing = () => diffRoutes(rules.desired() ?? {}, rules.facts)
  const mend = async (): Promise<void> => {
    if (missing().length === 0) return
    await withLock(async () => {
      cluster?.holdRoutes()
      // Another process may have changed the routes while this one waited for the lock.
      await rules.readFacts()
      for (const { operation } of missing()) {
        if (operation.kind === 'set-route') {
          const { destination, via, name } = operation
          await links.setRoute({ destination, via, interface: name })
        }
        if (operation.kind === 'delete-route')
          await links.deleteRoute(operation.destination, operation.via || null)
      }
      await rules.readFacts()
    })
  }
  const areUp = (): boolean => isDone && !rules.isBehind()
  return {
    mend,
    areUp,
    keepUp: async () => {
      if (areUp()) return
      if (rules.isBehind()) await rules.refresh()
      await mend()
      await rules.noteNeighbours()
      isDone = true
    },
  }
}
