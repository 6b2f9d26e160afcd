import type { HostFacts } from './host-facts.ts'

/** The kernel's own default (net/ipv4/af_inet.c `inet_init_net`). */
const defaultRange = '32768 60999'

/**
 * The ports the kernel gives to sockets that ask for none: those of clients.
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
