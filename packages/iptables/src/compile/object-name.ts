/**
 * The chains Portolan makes. A chain name has 28 bytes at most (XT_EXTENSION_MAXNAMELEN less the NUL), a bridge
 * name 15, so what stands before a bridge name has 13.
 */
export const prefix = 'PORTOLAN-'

/** mangle: what comes in, before DNAT. It is there where a port is open to some sources. */
export const prerouting = 'PORTOLAN-PRE'
/** mangle: what is for the host. */
export const input = 'PORTOLAN-INPUT'
/** mangle: what comes in from our bridges, and is for the host or forwarded. */
export const loopback = 'PORTOLAN-LOOPBACK'
/** mangle, a tree: host ports that only some may reach. */
export const allow = 'PORTOLAN-ALLOW'
/** mangle: what is forwarded. */
export const forward = 'PORTOLAN-FORWARD'
/** mangle: what is forwarded and came in by one of our bridges. */
export const between = 'PORTOLAN-BETWEEN'
/** mangle: sources of our subnets that did not come in by their bridge. */
export const home = 'PORTOLAN-HOME'
/** mangle, a tree: published ports of routed networks. */
export const open = 'PORTOLAN-OPEN'
/** mangle, a tree: published ports of routed networks that only some may reach. */
export const limit = 'PORTOLAN-LIMIT'
/** mangle: what goes out by one bridge and came in by none of ours. */
export const toBridge = (bridge: string): string => `PORTOLAN-IN-${bridge}`
/** mangle: what goes out by one bridge and came in by one of ours. */
export const ownToBridge = (bridge: string): string => `PORTOLAN-OWN-${bridge}`
/** filter: what survived mangle. */
export const acceptForwarded = 'PORTOLAN-ACCEPT'
/** filter: what comes from our bridges, and the interfaces by which it may leave the host. */
export const leave = 'PORTOLAN-LEAVE'
/** nat, a tree: host ports and where they lead. */
export const destination = 'PORTOLAN-DNAT'
/** nat: what the host itself sends to one of its addresses. */
export const output = 'PORTOLAN-OUTPUT'
/** nat, a tree: ports with a mapping bound to an interface, as the host and its containers see them. */
export const local = 'PORTOLAN-LOCAL'
/** nat: what leaves. */
export const source = 'PORTOLAN-SNAT'
/** nat: what leaves by one bridge. */
export const sourceOfBridge = (bridge: string): string => `PORTOLAN-SRC-${bridge}`

/** The roots of the chains that are laid out as trees by port, per table. */
export const trees: Readonly<Record<string, readonly string[]>> = {
  mangle: [allow, limit, open],
  nat: [destination, local],
}

export const isOurs = (chain: string): boolean => chain.startsWith(prefix)
