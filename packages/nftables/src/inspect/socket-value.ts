// Only in nftables: iptables' rules are read by its programs alone, and not over netlink.
import { objectValue, type ValueKind } from '@portolan/netfilter/schema'

/** The kind of a netlink socket. */
export const socketValue: ValueKind = objectValue('a netlink socket', { request: 'function' })
