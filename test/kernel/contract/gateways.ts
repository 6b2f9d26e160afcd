import { describe, expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { addressOf, type Family } from './scenario.ts'
import { macOf } from './traces.ts'

/**
 * Linux answers ARP for any address of the host on any interface (arp_ignore 0, the weak host model). It answers IPv6
 * neighbour solicitations only for addresses of the asked interface (`ndisc_recv_ns`). The kernel reads arp_ignore at
 * the asked interface (`arp_ignore` in net/ipv4/arp.c), which Portolan must not change.
 */
export const gatewayCases = (currentLab: () => Lab): void => {
  describe.each([
    ['ip', '172.30.1.0/24'],
    ['ip6', 'fd00:30:1::/64'],
  ] as const)(
    'a machine with an on-link route to the subnet of a network, in family %s',
    (family: Family, subnet) => {
      const withOnLinkRoute = async <Result>(ask: (lab: Lab) => Promise<Result>): Promise<Result> => {
        const lab = currentLab()
        const { client } = lab
        await client.mustRun(['ip', 'route', 'add', subnet, 'dev', 'eth0'])
        try {
          return await ask(lab)
        } finally {
          await client.mustRun(['ip', 'route', 'del', subnet, 'dev', 'eth0'])
          await client.mustRun(['ip', 'neigh', 'flush', 'dev', 'eth0'])
        }
      }
      const gateway = addressOf('gateway of web', family)
      const probe = (lab: Lab, destination: string, port: number, sourcePort?: number) =>
        lab.client.probe({
          ...{ protocol: 'tcp', destination, port, timeoutMs: 1000 },
          ...(sourcePort === undefined ? {} : { sourcePort }),
        })

      test('reaches the gateway only in IPv4, by ARP, and there only published ports and services of the host', async () => {
        await withOnLinkRoute(async (lab) => {
          const [published, own, unpublished] = [
            await probe(lab, gateway, 8080),
            await probe(lab, gateway, 8094),
            await probe(lab, gateway, 80),
          ]
          const neighbours = await lab.client.mustRun(['ip', 'neigh', 'show', gateway])
          if (family === 'ip') {
            expect(neighbours).toContain(await macOf(lab.host, 'eth0'))
            expect(published).toMatchObject({
              delivered: true,
              by: 'nginx',
              source: addressOf('client', 'ip'),
            })
            expect(own).toMatchObject({ delivered: true, by: 'host' })
            expect(unpublished).toMatchObject({ delivered: false })
          } else
            for (const outcome of [published, own, unpublished])
              expect(outcome).toMatchObject({ delivered: false })
        })
      })

      test('reaches no container, also with a permanent neighbour entry', async () => {
        await withOnLinkRoute(async (lab) => {
          const nginx = lab.containers.get('nginx')
          await nginx?.arrivals({ clear: true })
          const [withoutEntry, withEntry, published] = [15_700, 15_701, 15_702]
          const direct = addressOf('nginx', family)
          expect(await probe(lab, direct, 80, withoutEntry)).toMatchObject({ delivered: false })
          // The same with a permanent neighbour entry: the client needs no answer to know the MAC address.
          await lab.client.mustRun([
            ...['ip', 'neigh', 'replace', addressOf('nginx', family)],
            ...['lladdr', await macOf(lab.host, 'eth0'), 'dev', 'eth0'],
          ])
          expect(await probe(lab, direct, 80, withEntry)).toMatchObject({ delivered: false, how: 'timeout' })
          // This packet comes after the others and arrives, so they would have arrived by now.
          const behind = await probe(lab, addressOf('host', family), 8080, published)
          expect(behind).toMatchObject({ delivered: true, by: 'nginx' })
          const arrivals = (await nginx?.arrivals()) ?? []
          const ofClient = arrivals.filter(({ source }) => source === addressOf('client', family))
          expect([...new Set(ofClient.map(({ sourcePort }) => sourcePort))]).toEqual([published])
          await lab.client.mustRun(['ip', 'neigh', 'del', addressOf('nginx', family), 'dev', 'eth0'])
        })
      })
    },
  )
}
