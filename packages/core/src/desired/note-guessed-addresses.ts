import type { EndpointIntent, Intent, IntentNote } from '../intent/index.ts'
import type { ExternalNetwork } from './external-network.ts'
import { replicaName } from './mapping-label.ts'

/** A network of a hundred endpoints is worth one sentence. */
const mostNames = 3

/**
 * Who else is on a network that is not this project's own is known only where a port is published there.
 * @internal
 */
export const noteGuessedAddresses = (
  intent: Intent,
  external: ReadonlyMap<string, ExternalNetwork>,
): readonly IntentNote[] =>
  [...external].flatMap(([name, { network, owner }]) => {
    if (owner?.project === intent.project) return []
    const guessed = intent.endpoints.filter(
      (endpoint) => endpoint.network === name && isGuessed(endpoint, network),
    )
    const [first] = guessed
    if (first === undefined) return []
    const names = guessed.slice(0, mostNames).map(replicaName).join(', ')
    const more = guessed.length > mostNames ? ` and ${guessed.length - mostNames} more` : ''
    const whose = owner === null ? 'not of ours' : `of project ${owner.project}`
    return [
      {
        text: `The address of ${names}${more} on the external network ${name} may already be in use there: its bridge ${network.bridge} is ${whose}, and not all who are on it are known. Settle it with ipv4_address (ipv6_address).`,
        place: first.place,
      },
    ]
  })

const isGuessed = ({ ip, ip6 }: EndpointIntent, network: ExternalNetwork['network']): boolean =>
  (network.ip !== null && ip === null) || (network.ip6 !== null && ip6 === null)
