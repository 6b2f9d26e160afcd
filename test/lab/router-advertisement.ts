import type { Machine } from './machine.ts'

// RFC 4861, 4.2 and 4.6.2: a router with a lifetime of half an hour, and a prefix for autoconfigured addresses.
const program = `
import socket, struct, sys
name, prefix = sys.argv[1:]
index = socket.if_nametoindex(name)
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
advertisement = struct.pack('!BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0)
information = struct.pack('!BBBBIII', 3, 4, 64, 0xc0, 86400, 14400, 0) + socket.inet_pton(socket.AF_INET6, prefix)
out.sendto(advertisement + information, ('ff02::1', 0, 0, index))
`

/** Sends one router advertisement from a machine on one of its networks. */
export const advertise = async (router: Machine, interfaceName: string, prefix: string): Promise<void> => {
  await router.mustRun(['python3', '-c', program, interfaceName, prefix])
}
