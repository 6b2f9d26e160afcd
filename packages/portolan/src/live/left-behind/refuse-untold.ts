import { InvalidRequestError } from '@portolan/netfilter'
import { attachedPorts } from '../attachments/attached-ports.ts'
import type { LiveRules } from '../rules/live-rules.ts'

/** A bridge with containers on it gets no other addresses: theirs are written down nowhere. */
export const refuseUntold = ({ project, wanted, facts }: LiveRules, name: string): void => {
  if (wanted.network(name) !== null) return
  const on = attachedPorts(facts).filter(({ mark }) => mark.project === project && mark.network === name)
  const [first] = on
  if (first === undefined) return
  throw new InvalidRequestError({
    problem: `what was written down of network ${name} is lost, and not all of it can be told from this host: ${on.length === 1 ? 'a container is' : `${on.length} containers are`} attached to it (${first.mark.endpoint}), and could lose ${on.length === 1 ? 'its' : 'their'} addresses to others.`,
    remedy: () => 'Stop what is on the network first. Then it is made anew.',
  })
}
