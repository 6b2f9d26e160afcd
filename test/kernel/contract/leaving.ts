import { describe, expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { addressOf, type ContainerName, containers, type Family, hostAddresses } from './scenario.ts'
import { traces } from './traces.ts'

/** Addresses for which a container routes, such as clients of a VPN. They are in no network of the project. */
export const behindContainer = { ip: '203.0.113.77', ip6: '2001:db8:77::7' } as const

const RST = 0x04
const ACK = 0x10

/** Containers that the host masquerades, and containers that keep their own source outside. */
export const masqueraded = ['nginx', 'q1', 'h1', 'o1'] as const
export const notMasqueraded = ['d1', 'p1'] as const

/**
 * ICMPv6 messages that connection tracking leaves untracked, whatever their source and destination: queries, reports,
 * solicitations and advertisements of multicast listeners, routers and neighbours (nf_conntrack_proto_icmpv6.c,
 * `noct_valid_new`). An echo request comes last.
 */
const untrackedThenEcho = `
import socket, sys
sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
for kind in (130, 131, 132, 133, 134, 135, 136, 143, 128):
    sender.sendto(bytes([kind, 0, 0, 0]) + b'leaving!' * 3, (sys.argv[1], 0))`

/**
 * Starts the sender in another namespace, and prints the source of each message that arrives, until the echo request.
 */
const printArrivals = `
import socket, subprocess, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86dd))
wire.settimeout(60)
subprocess.run(['nsenter', '--net=' + sys.argv[1], sys.executable, '-c', sys.argv[2], sys.argv[3]], check=True)
while True:
    data = wire.recv(2048)
    if data[6] == 58 and data[52:60] == b'leaving!':
        print(data[40], socket.inet_ntop(socket.AF_INET6, data[8:24]))
        if data[40] == 128:
            break`

/** Tests packets that would leave a masqueraded network with a source that no nat chain translates. */
export const leavingCases = (currentLab: () => Lab): void => {
  describe.each(['ip', 'ip6'] as const)(
    'packets of containers to the outside, in family %s',
    (family: Family) => {
      const tracesOf = (
        name: ContainerName,
        source: string,
        tcpFlags?: number,
        awaited: string | null = null,
      ): Promise<readonly string[]> => {
        const lab = currentLab()
        const sender = lab.containers.get(name)
        if (sender === undefined) throw new Error(`the lab has no container ${name}`)
        const packet = { source, destination: addressOf('outside', family), port: 7000 }
        const flags = tcpFlags === undefined ? {} : { tcpFlags }
        return traces(lab, sender, `pt-${containers[name][0]}`, [{ ...packet, ...flags }], awaited)
      }

      test.each(masqueraded)(
        'an invalid TCP segment of %s is dropped, as it would not be masqueraded',
        async (name) => {
          expect(await tracesOf(name, addressOf(name, family), RST)).toEqual([])
        },
      )

      test.each(masqueraded)(
        'a packet of %s with a source outside its network is dropped, as it would not be masqueraded',
        async (name) => {
          expect(await tracesOf(name, behindContainer[family])).toEqual([])
        },
      )

      test.each(masqueraded)(
        'a TCP flow of %s that conntrack first sees in its middle is masqueraded',
        async (name) => {
          const found = await tracesOf(name, addressOf(name, family), ACK, ' at outside, ')
          const sources = found
            .filter((one) => one.includes(' at outside, '))
            .map((one) => one.split(', from ')[1])
          expect(sources).not.toEqual([])
          for (const source of sources) expect(hostAddresses(family)).toContain(source)
        },
      )

      if (family === 'ip6')
        test.each(masqueraded)(
          'ICMPv6 messages of %s that the kernel does not track are dropped, and its echo request is masqueraded',
          async (name) => {
            const lab = currentLab()
            const namespace = `/proc/${lab.containers.get(name)?.pid}/ns/net`
            const words = [namespace, untrackedThenEcho, addressOf('outside', family)]
            const seen = await lab.outside.mustRun(['/usr/bin/python3', '-c', printArrivals, ...words])
            expect(seen).toBe(`128 ${addressOf('hostOutside', family)}\n`)
          },
        )

      test.each(notMasqueraded)(
        'both kinds of packets of %s, whose network is not masqueraded, keep their source',
        async (name) => {
          const own = addressOf(name, family)
          expect(await tracesOf(name, own, RST, ` at outside, from ${own}`)).not.toEqual([])
          const other = behindContainer[family]
          expect(await tracesOf(name, other, undefined, ` at outside, from ${other}`)).not.toEqual([])
        },
      )
    },
  )
}
