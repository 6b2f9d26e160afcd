import { type HostFacts, prefixContains } from '@portolan/netfilter'
import type { DesiredMapping, DesiredState } from '../contract/desired-state.ts'
import type { Intent, IntentNote } from '../intent/index.ts'

/**
 * Notes restrictions of a port that keep nothing out. An interface and `allow_from` are about packets of other machines
 * (`reach`), and no other machine reaches a loopback address, or comes in by the loopback interface.
 * @internal
 */
export const noteIdleRestrictions = (
  intent: Intent,
  { mappings }: DesiredState,
  facts: HostFacts,
): readonly IntentNote[] => {
  const loopbackLinks = new Set(['lo'])
  for (const { name, kind } of facts.interfaces ?? [])
    if (kind === 'loopback' && name !== undefined) loopbackLinks.add(name)
  const isAtLoopback = ({ hostAddress }: DesiredMapping): boolean =>
    hostAddress !== null && prefixContains('127.0.0.0/8', hostAddress)
  const atLoopback = mappings.filter(isAtLoopback)
  const byLoopback = mappings.filter(
    (mapping) => mapping.interface !== null && loopbackLinks.has(mapping.interface) && !isAtLoopback(mapping),
  )
  // An empty list says that no other machine reaches the port, which is true.
  const narrows = ({ allowFrom }: DesiredMapping): boolean => allowFrom !== null && allowFrom.length > 0
  const noteFor = (of: readonly DesiredMapping[], words: string): readonly IntentNote[] => {
    const [first, ...others] = of
    if (first === undefined) return []
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    const wish = intent.mappings.find(
      (mapping) =>
        mapping.hostAddress === first.hostAddress &&
        mapping.interface === first.interface &&
        mapping.hostPorts !== null &&
        mapping.hostPorts.first <= first.hostPort &&
        first.hostPort <= mapping.hostPorts.last,
    )
    return [{ text: `${first.label}${more}: ${words}`, place: wish?.place ?? null }]
  }
  const onlyHost = 'Only this host reaches a loopback address'
  return [
    ...noteFor(
      atLoopback.filter((mapping) => mapping.interface !== null),
      `the interface has no effect. ${onlyHost}, by any interface.`,
    ),
    ...noteFor(atLoopback.filter(narrows), `allow_from has no effect. ${onlyHost}.`),
    ...noteFor(
      byLoopback.filter(narrows),
      'allow_from has no effect. No other machine comes in by the loopback interface.',
    ),
  ]
}
