// Only in iptables: the kernel has two implementations of it.

import type { Family } from '@portolan/netfilter'

/**
 * The implementation of iptables: the one on nf_tables, or the one on the kernel's old ip_tables. Both may hold rules
 * at once, and then both filter packets.
 * @public @since 0.1.0
 */
export type Variant = 'iptables-nft' | 'iptables-legacy'

const names: Readonly<Record<Family, string>> = { ip: 'iptables', ip6: 'ip6tables' }

/** The program of a variant and family: `ip6tables-legacy`, or with a verb `ip6tables-legacy-save`. */
export const program = (variant: Variant, family: Family, verb?: 'save' | 'restore'): string =>
  `${names[family]}-${variant === 'iptables-nft' ? 'nft' : 'legacy'}${verb === undefined ? '' : `-${verb}`}`
