import type { DesiredMapping, DesiredNetwork, DesiredState } from '@portolan/core'
import type { Packet } from '@portolan/netfilter'
import type { PlanJson } from '../../lab/attach.ts'

/** What `plan --json` says of the project, as far as the scenarios need it. */
export interface Planned extends PlanJson {
  readonly project: string
  readonly networks: readonly DesiredNetwork[]
  readonly mappings: readonly DesiredMapping[]
  /** Every address of the host once all is applied, of whichever interface. */
  readonly hostAddresses: readonly string[]
}

/** The desired state, for the contract: which services are where is not its business. */
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

/** A conflict as a complaint names it. */
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
