import {
  type Family,
  firstAddress,
  formatAddress,
  type HostFacts,
  type InterfaceFact,
  prefixAround,
  tryParseAddress,
} from '@portolan/netfilter'

/** Addresses that no machine has (RFC 5737, RFC 3849). They stand for any machine in the world. */
const anywhere: Readonly<Record<Family, string>> = { ip: '198.51.100.7', ip6: '2001:db8:6:3::7' }

/**
 * An address in each family that a machine behind an interface may have. Any address, where the host's default route
 * leads to that interface; else the address of a neighbour. Null: the interface has no address of that family.
 */
export const machineAddresses = (
  link: InterfaceFact,
  { routes = [] }: HostFacts,
): { readonly ip: string | null; readonly ip6: string | null } => {
  const leadsAnywhere = (family: Family): boolean =>
    routes.some(
      ({ destination, gateway, interface: name }) =>
        name === link.name &&
        (destination === (family === 'ip' ? '0.0.0.0/0' : '::/0') ||
          (destination === 'default' && (gateway ?? '').includes(':') === (family === 'ip6'))),
    )
  const one = (family: Family): string | null =>
    leadsAnywhere(family) ? anywhere[family] : neighbourOn(link, family)
  return { ip: one('ip'), ip6: one('ip6') }
}

/** The first address on the link that is not the host's own. */
const neighbourOn = ({ addresses = [] }: InterfaceFact, family: Family): string | null => {
  for (const text of addresses) {
    const [own = '', length = ''] = text.split('/')
    const parsed = tryParseAddress(own)
    if (parsed === null || parsed.family !== family || !/^\d+$/.test(length)) continue
    // A link-local prefix is on every link.
    if (/^fe[89ab]/i.test(own)) continue
    const first = firstAddress(prefixAround(parsed, Number(length)))
    for (const step of [1, 2]) {
      const next =
        first.family === 'ip'
          ? formatAddress({ family: 'ip', value: first.value + step })
          : formatAddress({ family: 'ip6', value: first.value + BigInt(step) })
      if (next !== formatAddress(parsed)) return next
    }
  }
  return null
}
