import type { RangeSet } from '@portolan/netfilter/analysis'

/**
 * The ports that a client may send from: a program may bind any. Port 0 is not one (RFC 768;
 * net/ipv4/inet_hashtables.c).
 */
export const clientPorts: RangeSet = { starts: [1], ends: [65535] }

/**
 * The ports that the kernel gives to a client that binds none (net.ipv4.ip_local_port_range, default of Linux). A row
 * is dead when no client with such a port is served.
 */
export const usualClientPorts: RangeSet = { starts: [32768], ends: [60999] }
