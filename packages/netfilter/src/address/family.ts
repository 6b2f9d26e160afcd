/**
 * An address family, by the names nftables uses: `ip` is IPv4, `ip6` is IPv6.
 * @public @since 0.1.0
 */
export type Family = 'ip' | 'ip6'

/**
 * Both families, IPv4 first: the order in which everything is planned and printed.
 * @public @since 0.1.0
 */
export const families: readonly Family[] = ['ip', 'ip6']
