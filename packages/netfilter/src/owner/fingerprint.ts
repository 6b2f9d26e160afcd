/** The names by which a program that writes rules is recognised. */
interface Fingerprint {
  readonly owner: string
  /** Chains of iptables' tables, and chains that a program adds to nft's shared tables. */
  readonly chain: RegExp | null
  /** nft tables that belong to the program alone. */
  readonly table: RegExp | null
}

/**
 * Every name is one that the program's own source gives: moby `libnetwork/drivers/bridge`, kubernetes
 * `pkg/proxy/{iptables,nftables}`, firewalld `src/firewall/core/{ipXtables,nftables}.py`, ufw `src/backend_iptables.py`,
 * libvirt `src/network/network_{iptables,nftables}.c`, netavark `src/firewall`, tailscale `util/linuxfw`, CNI
 * `plugins/meta/portmap`, fail2ban `config/action.d`, wg-quick(8).
 */
const fingerprints: readonly Fingerprint[] = [
  { owner: 'portolan', chain: /^PORTOLAN(-|$)/, table: /^portolan$/ },
  { owner: 'docker', chain: /^DOCKER(-|$|_OUTPUT$|_POSTROUTING$)/, table: /^docker-bridges$/ },
  { owner: 'kube-proxy', chain: /^KUBE-/, table: /^kube-proxy$/ },
  {
    owner: 'firewalld',
    chain:
      /^((FWD|FWDI|FWDO|IN|OUT|PRE|POST)_([a-z]|.+_(pre|log|deny|allow|post)$)|(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)_(direct|dnat|(IN_|OUT_)?ZONES(_SOURCE)?|POLICIES(_pre|_post)?)$|RFC3964_IPv4$)/,
    // The table firewalld_policy_drop exists in panic mode, and while firewalld restarts.
    table: /^firewalld(_policy_drop)?$/,
  },
  { owner: 'ufw', chain: /^ufw6?-/, table: null },
  { owner: 'libvirt', chain: /^LIBVIRT_/, table: /^libvirt_network$/ },
  { owner: 'netavark', chain: /^NETAVARK([-_]|$)/, table: /^netavark$/ },
  { owner: 'tailscale', chain: /^ts-(input|forward|postrouting)$/, table: null },
  { owner: 'cni', chain: /^CNI-/, table: /^cni_(hostport|plugins_masquerade)$/ },
  { owner: 'calico', chain: /^cali-/, table: /^calico$/ },
  { owner: 'cilium', chain: /^(OLD_)?CILIUM_/, table: null },
  { owner: 'flannel', chain: /^FLANNEL-/, table: /^flannel-ipv[46]$/ },
  { owner: 'fail2ban', chain: /^f2b-/, table: /^f2b-table$/ },
  { owner: 'wg-quick', chain: null, table: /^wg-quick-/ },
]

/** The owner of a chain by its name; null: the name belongs to no known program. */
export const ownerOfChain = (chain: string): string | null =>
  fingerprints.find((one) => one.chain?.test(chain) === true)?.owner ?? null

/** The owner of an nft table by its name; null: the name belongs to no known program, or several programs share it. */
export const ownerOfTable = (table: string): string | null =>
  fingerprints.find((one) => one.table?.test(table) === true)?.owner ?? null
