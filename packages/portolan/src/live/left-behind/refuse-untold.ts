import { InvalidRequestError } from '@portolan/netfilter'
import { type AttachedPort, attachedPorts } from '../attachments/attached-ports.ts'
import type { LiveRules } from '../rules/live-rules.ts'

/** A bridge with containers on it gets no other addresses: theirs are written down nowhere. */
export const refuseUntold = ({ project, wanted, facts }: LiveRules, name: string): void => {
  if (wanted.network(name) !== null) return
  const on = attachedPorts(facts).filter(({ mark }) => mark.project === project && mark.network === name)
  if (on.length === 0) return
  throw untoldNetwork(name, on)
}

/**
 * The refusal for a network of which not all is told.
 * @param on - what is attached to it and tells no address of the network, one at least
 */
export const untoldNetwork = (
  name: string,
  on: readonly Pick<AttachedPort, 'name' | 'mark'>[],
): InvalidRequestError => {
  const [first] = on
  const [are, their] = on.length === 1 ? ['a container is', 'its'] : [`${on.length} containers are`, 'their']
  return new InvalidRequestError({
    problem: `what was written down of network ${name} is lost, and not all of it can be told from this host: ${are} attached to it (${first?.mark.endpoint}), and could lose ${their} addresses to others.`,
    remedy: () =>
      `Stop what is on the network first, or take it off with "ip link delete ${first?.name}". Then it is made anew.`,
  })
}
