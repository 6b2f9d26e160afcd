import type { RangeSet } from '@portolan/netfilter/analysis'

/**
 * Ports that a client may send from: a program may bind any. Port 0 is none (RFC 768; net/ipv4/inet_hashtables.c).
 */
export const clientPorts: RangeSet = { starts: [1], ends: [65535] }

/**
 * Ports that the kernel gives to a client that binds none (net.ipv4.ip_local_port_range as Linux ships it). A row is
 * dead when no client of these is served.
 */
export const usualClientPorts: RangeSet = { starts: [32768], ends: [60999] }
