/**
 * The bits of `ct state`, as nft numbers them (include/net/netfilter/nf_conntrack.h via NF_CT_STATE_BIT).
 * @public @since 0.1.0
 */
export const conntrackState = {
  invalid: 1,
  established: 2,
  related: 4,
  new: 8,
  untracked: 64,
} as const

/**
 * The bits of `ct status` (include/uapi/linux/netfilter/nf_conntrack_common.h). `snat` and `dnat` are set for
 * both directions of a translated flow: iptables' virtual states SNAT and DNAT are these.
 * @public @since 0.1.0
 */
export const conntrackStatus = {
  expected: 1,
  'seen-reply': 2,
  assured: 4,
  confirmed: 8,
  snat: 16,
  dnat: 32,
  dying: 512,
} as const
