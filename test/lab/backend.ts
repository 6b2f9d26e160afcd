/** The backends that `--backend` names. `auto` and `iptables` are left out: each of them chooses one of these. */
export const backends = ['nftables', 'iptables-nft', 'iptables-legacy'] as const

export type Backend = (typeof backends)[number]
