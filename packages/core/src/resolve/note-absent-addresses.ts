import type { HostFacts } from '@portolan/netfilter'
import { canonicalAddress, formatAddress, parseInterfaceAddress, prefixContains } from '@portolan/netfilter'
import type { DesiredState } from '../contract/desired-state.ts'
import type { Intent, IntentNote } from '../intent/index.ts'

/**
 * A port bound to an address that the host does not have. It may come later (a floating address, DHCP), so this is
 * no mistake; but it may as well be a slip, and then no client reaches the port.
 * @internal
 */
export const noteAbsentAddresses = (
  intent: Intent,
  desired: DesiredState,
  facts: HostFacts,
): readonly IntentNote[] => {
  const present = new Set((facts.interfaces ?? []).flatMap((link) => link.addresses ?? []).map(addressOf))
  // Facts without addresses say nothing of what the host has.
  if (present.size === 0) return []
  for (const { ip, ip6 } of desired.networks)
    for (const subnet of [ip, ip6]) if (subnet?.gateway != null) present.add(subnet.gateway)
  const local = (facts.routes ?? []).flatMap(({ type, destination }) =>
    type === 'local' && destination !== undefined ? [destination] : [],
  )
  const bound = new Set(desired.mappings.flatMap(({ hostAddress }) => hostAddress ?? []))
  return [...bound].flatMap((address) => {
    if (present.has(address) || prefixContains('127.0.0.0/8', address)) return []
    // `ip route add local 203.0.113.0/24 dev lo` makes a host answer on all of them.
    if (local.some((prefix) => prefixContains(prefix, address))) return []
    const wish = intent.mappings.find((mapping) => mapping.hostAddress === address)
    const labels = desired.mappings.filter((mapping) => mapping.hostAddress === address)
    const more = labels.length > 1 ? ` and ${labels.length - 1} more` : ''
    return [
      {
        text: `No interface of this host has the address ${address}, so ${labels[0]?.label}${more} cannot be reached until one does.`,
        place: wish?.place ?? null,
      },
    ]
  })
}

const addressOf = (text: string): string => {
  const { address } = parseInterfaceAddress(text)
  return canonicalAddress(formatAddress(address))
}
