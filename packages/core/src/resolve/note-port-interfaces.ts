import type { HostFacts } from '@portolan/netfilter'
import type { DesiredState } from '../contract/desired-state.ts'
import type { Intent, IntentNote } from '../intent/index.ts'
import { noteInterface } from './note-interface.ts'

/**
 * Ports of an interface by which no client comes in: the host does not have it, or it is a port of a bridge. Of an
 * interface in a VRF nothing is said: PREROUTING, where the port is translated, sees that interface and not only the VRF.
 * @internal
 */
export const notePortInterfaces = (
  intent: Intent,
  desired: DesiredState,
  facts: HostFacts,
): readonly IntentNote[] => {
  const names = new Set(desired.mappings.flatMap((mapping) => mapping.interface ?? []))
  const kinds = new Map(facts.interfaces?.map(({ name, kind }) => [name, kind]))
  return [...names].flatMap((name) => {
    const master = facts.interfaces?.find((link) => link.name === name)?.master
    if (typeof master === 'string' && kinds.get(master) === 'vrf') return []
    const [first, ...others] = desired.mappings.filter((mapping) => mapping.interface === name)
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    const wish = intent.mappings.find((mapping) => mapping.interface === name)
    const what = `${first?.label}${more}`
    return noteInterface(name, { what, effect: 'no client reaches it', place: wish?.place ?? null }, facts)
  })
}
