import type { HostFacts } from './host-facts.ts'

/** The kernel's own default (net/ipv4/af_inet.c `inet_init_net`). */
const defaultRange = '32768 60999'

/**
 * The ports that the kernel chooses from for a socket without a port of its own, such as a client's.
 * @example
 * localPortRange({}) // { first: 32768, last: 60999 }
 * @public @since 0.1.0
 */
export const localPortRange = ({
  sysctls,
}: Pick<HostFacts, 'sysctls'>): { readonly first: number; readonly last: number } => {
  const text = sysctls?.['net.ipv4.ip_local_port_range'] ?? defaultRange
  const [first = 32768, last = 60999] = text.trim().split(/\s+/).map(Number)
  return { first, last }
}

/**
 * The ports that the kernel does not choose for such a socket, as ranges.
 * @see Documentation/networking/ip-sysctl.rst `ip_local_reserved_ports`: `8080,9148`, `30000-32767`
 * @example
 * reservedPorts({ sysctls: { 'net.ipv4.ip_local_reserved_ports': '8080,30000-32767' } })[0] // { first: 8080, last: 8080 }
 * @public @since 0.1.0
 */
export const reservedPorts = ({
  sysctls,
}: Pick<HostFacts, 'sysctls'>): readonly { readonly first: number; readonly last: number }[] =>
  (sysctls?.['net.ipv4.ip_local_reserved_ports'] ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return { first, last }
    })
