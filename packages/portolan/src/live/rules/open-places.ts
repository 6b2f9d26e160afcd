import type { Runner } from '@portolan/core'
import type { Backend } from '../../backend/backend.ts'
import { backendsInForce } from '../../host-rules/backends-in-force.ts'
import { readRules } from '../../host-rules/read-rules.ts'
import { openRuleSocket } from '../../host-rules/with-rule-socket.ts'
import { hasIptables } from './guarded-elsewhere.ts'

/** The backends on this host with rules of a project, asked repeatedly. */
export interface Places {
  /** @param without - a backend to skip, because its rules are read anyway; null: every backend is read */
  read(without: Backend | null): Promise<readonly Backend[]>
  close(): void
}

export const openPlaces = (project: string, runner: Runner): Places => {
  const socket = openRuleSocket(runner)
  return {
    read: async (without) => {
      const unasked: readonly Backend[] = (await hasIptables(socket)) ? [] : ['iptables-nft']
      const rules = await readRules(runner, null, {
        without: without === null ? unasked : [without, ...unasked],
      })
      return backendsInForce(project, rules)
    },
    close: () => socket?.close(),
  }
}
