import type { DesiredMapping, DesiredNetwork, DesiredState } from '@portolan/core'
import type { Packet } from '@portolan/netfilter'
import type { PlanJson } from '../../lab/attach.ts'

/** The parts of `plan --json` that scenarios need. */
export interface Planned extends PlanJson {
  readonly project: string
  readonly networks: readonly DesiredNetwork[]
  readonly mappings: readonly DesiredMapping[]
  /** Every address of the host after apply, on any interface. */
  readonly hostAddresses: readonly string[]
}

/** The desired state for the contract. The contract does not need the services. */
export const desiredOf = ({ project, networks, mappings }: Planned): DesiredState => ({
  project,
  networks,
  mappings,
  endpoints: [],
  guardForwarding: false,
})

/** A conflict as `conflicts --json` prints it. */
export interface ConflictJson {
  readonly kind: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly certainty: 'certain' | 'possible'
  readonly mapping: string | null
  readonly network: string | null
  readonly message: string
  readonly witness: Packet | null
  readonly culprit: {
    readonly tool: string
    readonly table: string | null
    readonly chain: string | null
    readonly position: string | number | null
    readonly text: string
    readonly owner: string | null
  } | null
  readonly remedy: { readonly text: string; readonly commands: readonly string[] }
}

/** A conflict as complaints name it. */
export const describeConflict = ({
  severity,
  certainty,
  kind,
  mapping,
  network,
  culprit,
}: ConflictJson): string => {
  const subject = mapping?.split(' ')[0] ?? (network === null ? '-' : `network:${network}`)
  const by =
    culprit === null
      ? ''
      : ` by ${[culprit.tool, culprit.table, culprit.chain, culprit.position].filter((word) => word !== null).join(' ')}`
  const text = culprit === null ? '' : ` (${culprit.text})`
  const owner = culprit?.owner == null ? '' : ` of ${culprit.owner}`
  return `${severity}${certainty === 'possible' ? ' possible' : ''} ${kind} ${subject}${by}${owner}${text}`
}
