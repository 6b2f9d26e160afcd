import type { Family } from '@portolan/netfilter'

/**
 * The tables that ip_tables has registered in a network namespace. Only these are read: reading another would register
 * it.
 * @see NETFILTER.md section 7 (measured)
 * @public @since 0.1.0
 */
export interface LegacyTables {
  readonly ip: readonly string[]
  readonly ip6: readonly string[]
  /** Families whose table names this user may not read: the kernel shows the names to root alone (mode 0440). */
  readonly hidden: readonly Family[]
}

/**
 * The files in which the kernel names them, by family.
 * @public @since 0.1.0
 */
export const legacyTableFiles: Readonly<Record<Family, string>> = {
  ip: '/proc/net/ip_tables_names',
  ip6: '/proc/net/ip6_tables_names',
}

const familyNames: Readonly<Record<Family, string>> = { ip: 'IPv4', ip6: 'IPv6' }

/**
 * Says which rules could not be read, and what that means for the results.
 * @example
 * sayHidden(['ip']).startsWith('The iptables-legacy rules of IPv4, if there are any, could not be read') // true
 * @public @since 0.1.0
 */
export const sayHidden = (hidden: readonly Family[]): string =>
  `The iptables-legacy rules of ${hidden.map((family) => familyNames[family]).join(' and ')}, if there are any, could not be read: only root may read ${hidden.map((family) => legacyTableFiles[family]).join(' and ')}. What they do to packets is not known, so no result about packets is certain. Run this as root.`
