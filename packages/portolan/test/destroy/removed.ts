import type { RouteHolder } from '@portolan/core'
import { emptyState, type HostState } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { planRemoval, type Removal } from '../../src/destroy/plan-removal.ts'
import type { HostRules } from '../../src/host-rules/host-rules.ts'
import { intentOf } from '../shop.ts'

export const blog = intentOf(
  'services: {ghost: {ports: ["9090:2368"], networks: [web]}}\nnetworks: {web: {}}',
  'blog',
)

export const remove = (
  host: { readonly facts: HostFacts; readonly rules: HostRules },
  project: string | null = null,
  state: HostState = emptyState,
  routesOf: RouteHolder | null = null,
): Removal =>
  planRemoval({
    ...host,
    surroundings: { rules: host.rules, unread: [], settings: [] },
    ...{ project, state, leases: null, stateDirectory: '/state', live: [], routesOf },
  })

export const inWords = ({ changes }: Removal): readonly string[] =>
  changes.map(({ part, action, object }) => `${part} ${action} ${object}`)

export const parts = ({ changes }: Removal): readonly string[] =>
  changes.map(({ part }) => part).filter((part, index, all) => part !== all[index - 1])
