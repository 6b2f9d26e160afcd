import type { HostFacts } from '@portolan/netfilter'
import type { DesiredState } from '../contract/desired-state.ts'
import type { Intent, IntentNote } from '../intent/index.ts'
import { noteInterface } from './note-interface.ts'

/**
 * Ports of an interface by which no client comes in: the host does not have it, or it is a port of a bridge.
 * @internal
 */
export const notePortInterfaces = (
  intent: Intent,
  desired: DesiredState,
  facts: HostFacts,
): readonly IntentNote[] => {
  const names = new Set(desired.mappings.flatMap((mapping) => mapping.interface ?? []))
  return [...names].flatMap((name) => {
    const [first, ...others] = desired.mappings.filter((mapping) => mapping.interface === name)
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    const wish = intent.mappings.find((mapping) => mapping.interface === name)
    const what = `${first?.label}${more}`
    return noteInterface(name, { what, effect: 'no client reaches it', place: wish?.place ?? null }, facts)
  })
}
