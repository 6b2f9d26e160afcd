/** What `--backend` takes, without `auto` and `iptables`, which choose one of these. */
export const backends = ['nftables', 'iptables-nft', 'iptables-legacy'] as const

export type Backend = (typeof backends)[number]
