/** The largest allowed size of each tarball, in bytes: a tenth over its size when the budget was set. */
export const packedBytes: Readonly<Record<string, number>> = {
  portolan: 1_393_000,
  'portolan-cni': 771_000,
  'portolan-core': 460_000,
  'portolan-etcd': 211_000,
  'portolan-host': 180_000,
  'portolan-iptables': 132_000,
  'portolan-netfilter': 203_000,
  'portolan-nftables': 136_000,
  'portolan-testing': 72_000,
}
