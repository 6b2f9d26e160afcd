import {
  type DesiredState,
  forwardingSysctl,
  type LeaseState,
  leasedSubnets,
  parseBridgeAlias,
} from '@portolan/core'
import { families, type HostFacts } from '@portolan/netfilter'

interface Forgetful {
  readonly facts: HostFacts
  /** Null: there is no lease store. */
  readonly leases: LeaseState | null
  /** The names of sysctls that earlier runs set; absent: not known. */
  readonly setBefore?: readonly string[] | undefined
}

/**
 * Notes for a host whose state directory was lost or replaced. The host forwards and has networks of the project. The
 * directory remembers neither the networks nor that forwarding was off before.
 *
 * @returns one note, or none
 */
export const forgottenSysctlNotes = (
  { project, networks }: Pick<DesiredState, 'project' | 'networks'>,
  { facts, leases, setBefore }: Forgetful,
): readonly string[] => {
  if (leases === null || setBefore === undefined) return []
  const leased = new Set(leasedSubnets(leases).map((one) => `${one.project}/${one.network}`))
  const forgotten = networks.filter(
    ({ name, external }) => !external && isUp(facts, project, name) && !leased.has(`${project}/${name}`),
  )
  const forwarded = families.flatMap((family) => {
    const name = forwardingSysctl[family]
    const isNeeded = forgotten.some((network) => network[family] !== null)
    return isNeeded && facts.sysctls?.[name] === '1' && !setBefore.includes(name) ? [name] : []
  })
  if (forwarded.length === 0) return []
  const names = forgotten.map(({ name }) => name).join(', ')
  return [
    `The state directory remembers nothing of what is up of project ${project} (${names}): it was lost, or is another one. A user other than root has a directory of their own, and may not read that of root. So it is not known whether Portolan set ${forwarded.join(' and ')} to 1, and the removal of the last project leaves that as it is. If the host is to forward nothing then: \`sysctl -w ${forwarded.map((name) => `${name}=0`).join(' ')}\`.`,
  ]
}

const isUp = ({ interfaces = [] }: HostFacts, project: string, network: string): boolean =>
  interfaces.some(({ alias }) => {
    const mark = parseBridgeAlias(alias)
    return mark?.project === project && mark.network === network
  })
