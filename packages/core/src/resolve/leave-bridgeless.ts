import type { HostFacts } from '@portolan/netfilter'
import type { Intent, IntentNote } from '../intent/index.ts'
import { describeBridgeless } from './external-network.ts'

/**
 * Removes the external networks without a bridge from an intent, and adds a note for each. Their engines reach the
 * containers there in other ways. The rest of the project is planned.
 * @internal
 */
export const leaveBridgeless = (
  intent: Intent,
  facts: HostFacts,
): { readonly intent: Intent; readonly notes: readonly IntentNote[] } => {
  const left = new Map(
    intent.networks.flatMap((network) => {
      const what = network.external ? describeBridgeless(network, facts) : null
      return what === null ? [] : [[network.name, what] as const]
    }),
  )
  if (left.size === 0) return { intent, notes: [] }
  const stays = ({ network }: { readonly network: string }): boolean => !left.has(network)
  return {
    intent: {
      ...intent,
      networks: intent.networks.filter(({ name }) => !left.has(name)),
      endpoints: intent.endpoints.filter(stays),
      mappings: intent.mappings.filter(stays),
    },
    notes: [...left].map(([name, what]) => ({
      text: `networks.${name}: ${what} has no bridge that is known, so nothing is planned for it. Networks of macvlan, ipvlan and overlay have none.${portsOn(intent, name)} If it has one, name it among the \`networks\` of the facts (--host).`,
      place: intent.networks.find((network) => network.name === name)?.place ?? null,
    })),
  }
}

const portsOn = ({ mappings }: Intent, name: string): string => {
  const services = [
    ...new Set(mappings.flatMap(({ network, service }) => (network === name ? [service] : []))),
  ]
  return services.length === 0 ? '' : ` The ports of ${services.join(', ')} are not published there.`
}
