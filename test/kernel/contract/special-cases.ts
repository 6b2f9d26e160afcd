import { describe, expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { forgedSourceCases } from './forged-sources.ts'
import { gatewayCases } from './gateways.ts'
import { hostLoopbackCases } from './host-loopback.ts'
import { isolationCases } from './isolation.ts'
import { leavingCases } from './leaving.ts'
import { addressOf, type Family } from './scenario.ts'
import { traces } from './traces.ts'

const linkLocalOf = async (machine: Machine): Promise<string> => {
  const text = await machine.mustRun(['ip', '-o', '-6', 'addr', 'show', 'dev', 'eth0', 'scope', 'link'])
  const found = /inet6 (fe80:[0-9a-f:]+)\//.exec(text)?.[1]
  if (found === undefined) throw new Error(`${machine.name} has no link-local address: ${text}`)
  return found
}

const container = (lab: Lab, name: string): Machine => {
  const found = lab.containers.get(name)
  if (found === undefined) throw new Error(`the lab has no container ${name}`)
  return found
}

/** Tests rows that ordinary sockets cannot test. */
export const specialCases = (currentLab: () => Lab): void => {
  forgedSourceCases(currentLab)
  isolationCases(currentLab)
  leavingCases(currentLab)
  gatewayCases(currentLab)
  hostLoopbackCases(currentLab)

  test('a packet of another machine to 127.0.0.1 reaches no container and no service of the host', async () => {
    const lab = currentLab()
    const packets = [8080, 8082, 8083, 8089, 9999].map((port) => ({
      source: addressOf('client', 'ip'),
      destination: '127.0.0.1',
      port,
    }))
    expect(await traces(lab, lab.client, 'eth0', packets)).toEqual([])
  })

  test('a packet of another machine with source 127.0.0.1 reaches no container and no service of the host', async () => {
    const lab = currentLab()
    const packets = [
      { source: '127.0.0.1', destination: addressOf('host', 'ip'), port: 8080 },
      { source: '127.0.0.1', destination: addressOf('host', 'ip'), port: 8083 },
      { source: '127.0.0.1', destination: addressOf('hostSecond', 'ip'), port: 8081 },
      { source: '127.0.0.1', destination: addressOf('nginx', 'ip'), port: 80 },
      { source: '127.0.0.1', destination: addressOf('o1', 'ip'), port: 80 },
      { source: '127.0.0.1', destination: addressOf('d1', 'ip'), port: 80 },
      { source: '127.0.0.1', destination: '127.0.0.1', port: 8082 },
    ]
    expect(await traces(lab, lab.client, 'eth0', packets)).toEqual([])
  })

  test('a packet of a container to or from 127.0.0.1 reaches no container and no service of the host, though route_localnet is on at its bridge', async () => {
    const lab = currentLab()
    const own = addressOf('sibling', 'ip')
    const packets = [
      ...[8080, 8082, 9999].map((port) => ({ source: own, destination: '127.0.0.1', port })),
      { source: '127.0.0.1', destination: addressOf('host', 'ip'), port: 8080 },
      { source: '127.0.0.1', destination: addressOf('gateway of web', 'ip'), port: 8080 },
      { source: '127.0.0.1', destination: addressOf('gateway of web', 'ip'), port: 9998 },
      { source: '127.0.0.1', destination: addressOf('far', 'ip'), port: 80 },
    ]
    expect(await traces(lab, container(lab, 'sibling'), 'pt-web', packets)).toEqual([])
  })

  test('a packet of another machine to or from 127.0.0.1 reaches no published port where another tool has set route_localnet for all interfaces, as kube-proxy does', async () => {
    const lab = currentLab()
    await lab.host.setSysctl('net.ipv4.conf.all.route_localnet', 1)
    // Only published ports are tested. Other services at 127.0.0.1 are for the other program to protect.
    const packets = [
      ...[8080, 8082, 8083].map((port) => ({
        source: addressOf('client', 'ip'),
        destination: '127.0.0.1',
        port,
      })),
      { source: '127.0.0.1', destination: addressOf('host', 'ip'), port: 8080 },
      { source: '127.0.0.1', destination: addressOf('hostSecond', 'ip'), port: 8081 },
      { source: '127.0.0.1', destination: addressOf('o1', 'ip'), port: 80 },
      { source: '127.0.0.1', destination: addressOf('d1', 'ip'), port: 80 },
    ]
    expect(await traces(lab, lab.client, 'eth0', packets)).toEqual([])
    await lab.host.setSysctl('net.ipv4.conf.all.route_localnet', 0)
  })

  test('a packet to the link-local address of the host at a published port reaches no container', async () => {
    const lab = currentLab()
    const destination = await linkLocalOf(lab.host)
    for (const protocol of ['tcp', 'udp', 'sctp'] as const) {
      const [linkLocal, global] = [15_500, 15_501]
      const outcome = await lab.client.probe({
        ...{ protocol, destination, port: 8080, interface: 'eth0' },
        ...{ sourcePort: linkLocal, timeoutMs: 200 },
      })
      expect(outcome).toMatchObject({
        delivered: false,
        how: expect.stringMatching(/refused|unreachable|timeout/),
      })
      // This packet comes after the other one and arrives, so that one would have arrived by now.
      const published = { protocol, destination: addressOf('host', 'ip6'), port: 8080, sourcePort: global }
      expect(await lab.client.reach(published)).toMatchObject({ by: 'nginx' })
      const arrivals = (await container(lab, 'nginx').arrivals()).filter(
        (packet) => packet.protocol === protocol && [linkLocal, global].includes(packet.sourcePort),
      )
      expect([...new Set(arrivals.map(({ sourcePort }) => sourcePort))]).toEqual([global])
    }
  })

  test('a link-local client reaches a service of the host, but not at a published port with allow_from', async () => {
    const lab = currentLab()
    const destination = await linkLocalOf(lab.host)
    const probe = (port: number) =>
      lab.client.probe({ protocol: 'tcp', destination, port, interface: 'eth0', timeoutMs: 500 })
    expect(await probe(8094)).toMatchObject({ delivered: true, by: 'host' })
    expect(await probe(8089)).toMatchObject({ delivered: false, how: 'timeout' })
  })

  describe.each(['ip', 'ip6'] as const)('in family %s', (family: Family) => {
    test('a large reply passes a link with a small MTU, because the ICMP error reaches the container', async () => {
      const lab = currentLab()
      const outcome = await lab.distant.probe({
        protocol: 'tcp',
        destination: addressOf('host', family),
        port: 8091,
        expectBytes: 200_000,
        timeoutMs: 20_000,
      })
      expect(outcome).toMatchObject({ delivered: true, by: 'nginx' })
      const tooBig = family === 'ip' ? { type: 3, code: 4 } : { type: 2, code: 0 }
      expect(await container(lab, 'nginx').arrivals()).toContainEqual(
        expect.objectContaining({ protocol: 'icmp', ...tooBig }),
      )
    })

    test('the members of a weighted mapping share new flows by weight', async () => {
      const lab = currentLab()
      const outcomes = await Promise.all(
        Array.from({ length: 120 }, () =>
          lab.client.probe({
            protocol: 'tcp',
            destination: addressOf('host', family),
            port: 8088,
            timeoutMs: 4000,
          }),
        ),
      )
      const by = outcomes.map((outcome) => (outcome.delivered ? outcome.by : outcome.how))
      const count = (name: string): number => by.filter((one) => one === name).length
      expect(count('nginx') + count('sibling')).toBe(120)
      // One in four: 30 of 120 are expected, with deviation 4.7. A run is outside these bounds once in 10^8 runs.
      expect(count('nginx')).toBeGreaterThan(5)
      expect(count('nginx')).toBeLessThan(60)
    })

    test('a second datagram from the same source port reaches the same container and is answered', async () => {
      const lab = currentLab()
      const probe = () =>
        lab.client.probe({
          protocol: 'udp',
          destination: addressOf('host', family),
          port: 8080,
          sourcePort: family === 'ip' ? 15_600 : 15_601,
          timeoutMs: 3000,
        })
      expect(await probe()).toMatchObject({ delivered: true, by: 'nginx' })
      expect(await probe()).toMatchObject({ delivered: true, by: 'nginx' })
    })
  })
}
