/**
 * The start of the names of our chains. A chain name has at most 28 bytes (XT_EXTENSION_MAXNAMELEN less the NUL) and a
 * bridge name 15. So the part before a bridge name has at most 13.
 */
export const prefix = 'PORTOLAN-'

/** mangle: incoming packets before DNAT. The chain exists where a port is open to some sources only. */
export const prerouting = 'PORTOLAN-PRE'
/** mangle: packets to the host. */
export const input = 'PORTOLAN-INPUT'
/** mangle: packets from our bridges, to the host or forwarded. */
export const loopback = 'PORTOLAN-LOOPBACK'
/** mangle, a tree: host ports that are open to some sources only. */
export const allow = 'PORTOLAN-ALLOW'
/** mangle: forwarded packets. */
export const forward = 'PORTOLAN-FORWARD'
/** mangle: forwarded packets that came in by one of our bridges. */
export const between = 'PORTOLAN-BETWEEN'
/** mangle: checks that packets with a source of our subnets came in by their bridge. */
export const home = 'PORTOLAN-HOME'
/** mangle, a tree: published ports of routed networks. */
export const open = 'PORTOLAN-OPEN'
/** mangle, a tree: published ports of routed networks that are open to some sources only. */
export const limit = 'PORTOLAN-LIMIT'
/** mangle: packets leaving by one bridge that came in by none of our bridges. */
export const toBridge = (bridge: string): string => `PORTOLAN-IN-${bridge}`
/** mangle: packets leaving by one bridge that came in by one of our bridges. */
export const ownToBridge = (bridge: string): string => `PORTOLAN-OWN-${bridge}`
/** filter: forwarded packets that mangle did not drop. */
export const acceptForwarded = 'PORTOLAN-ACCEPT'
/** filter: packets from our bridges, with the interfaces by which they may leave the host. */
export const leave = 'PORTOLAN-LEAVE'
/** nat, a tree: host ports and their targets. */
export const destination = 'PORTOLAN-DNAT'
/** nat: packets from the host to one of its own addresses. */
export const output = 'PORTOLAN-OUTPUT'
/** nat, a tree: host ports bound to an interface, for packets from the host and its containers. */
export const local = 'PORTOLAN-LOCAL'
/** nat: packets leaving the host. */
export const source = 'PORTOLAN-SNAT'
/** nat: packets leaving by one bridge. */
export const sourceOfBridge = (bridge: string): string => `PORTOLAN-SRC-${bridge}`

/** The roots of the chains that are laid out as trees by port, by table. */
export const trees: Readonly<Record<string, readonly string[]>> = {
  mangle: [allow, limit, open],
  nat: [destination, local],
}

export const isOurs = (chain: string): boolean => chain.startsWith(prefix)
