import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import { canonicalAddress, formatAddress, parseInterfaceAddress, prefixContains } from '@portolan/netfilter'
import type { DesiredState } from '../contract/desired-state.ts'
import { parseBridgeAlias } from '../contract/index.ts'
import type { Intent, IntentNote } from '../intent/index.ts'

/**
 * Notes ports bound to an address that the host does not have. The address may come later (a floating address, DHCP),
 * so this is no error. But it may also be a mistake, and then no client reaches the port.
 * @internal
 */
export const noteAbsentAddresses = (
  intent: Intent,
  desired: DesiredState,
  facts: HostFacts,
): readonly IntentNote[] => {
  const present = addressesOf(facts.interfaces ?? [])
  // Facts without any address do not say which addresses the host has.
  if (present.size === 0) return []
  // The plan gives these bridges the wanted gateways, and removes their other addresses.
  const former = addressesOf(ownBridges(desired, facts))
  for (const address of former) present.delete(address)
  for (const { ip, ip6 } of desired.networks)
    for (const subnet of [ip, ip6]) if (subnet?.gateway != null) present.add(subnet.gateway)
  const local = (facts.routes ?? []).flatMap(({ type, destination }) =>
    type === 'local' && destination !== undefined && !former.has(destination.split('/')[0] ?? '')
      ? [destination]
      : [],
  )
  const bound = new Set(desired.mappings.flatMap(({ hostAddress }) => hostAddress ?? []))
  return [...bound].flatMap((address) => {
    if (present.has(address) || prefixContains('127.0.0.0/8', address)) return []
    // `ip route add local 203.0.113.0/24 dev lo` makes a host answer on every address of the prefix.
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

const ownBridges = (
  { project, networks }: DesiredState,
  { interfaces = [] }: HostFacts,
): readonly InterfaceFact[] => {
  const external = new Set(networks.flatMap((network) => (network.external ? [network.bridge] : [])))
  return interfaces.filter(
    ({ name = '', alias }) => parseBridgeAlias(alias)?.project === project && !external.has(name),
  )
}

const addressesOf = (links: readonly InterfaceFact[]): Set<string> =>
  new Set(links.flatMap((link) => link.addresses ?? []).map(addressOf))

const addressOf = (text: string): string => {
  const { address } = parseInterfaceAddress(text)
  return canonicalAddress(formatAddress(address))
}
