/** The most that each tarball may have, in bytes: a tenth over what it had when this was set. */
export const packedBytes: Readonly<Record<string, number>> = {
  portolan: 1_120_000,
  'portolan-core': 411_000,
  'portolan-host': 149_000,
  'portolan-iptables': 156_000,
  'portolan-netfilter': 235_000,
  'portolan-nftables': 122_000,
  'portolan-testing': 60_000,
}
