import { InvalidRequestError } from '@portolan/netfilter'
import { type AttachedPort, attachedPorts } from '../attachments/attached-ports.ts'
import type { LiveRules } from '../rules/live-rules.ts'

/**
 * Refuses to create a network again while containers are on its bridge. Their addresses are not recorded, so they could
 * be lost to others.
 */
export const refuseUnrecorded = ({ project, wanted, facts }: LiveRules, name: string): void => {
  if (wanted.network(name) !== null) return
  const on = attachedPorts(facts).filter(({ mark }) => mark.project === project && mark.network === name)
  if (on.length === 0) return
  throw undescribedNetwork(name, on)
}

/**
 * The error for a network that cannot be described completely.
 * @param on - the attached endpoints whose addresses are not known, at least one
 */
export const undescribedNetwork = (
  name: string,
  on: readonly Pick<AttachedPort, 'name' | 'mark'>[],
): InvalidRequestError => {
  const [first] = on
  const [are, their] = on.length === 1 ? ['a container is', 'its'] : [`${on.length} containers are`, 'their']
  return new InvalidRequestError({
    problem: `the record of network ${name} is lost, and this host does not show all that it held: ${are} attached to the network (${first?.mark.endpoint}), and others could get ${their} addresses.`,
    remedy: () =>
      `Stop what is on the network first, or detach it with "ip link delete ${first?.name}". The network is then made anew.`,
  })
}
