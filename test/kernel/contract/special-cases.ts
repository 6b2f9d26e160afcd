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

  test('a neighbour that puts 127.0.0.1 on the wire as destination reaches nothing', async () => {
    const lab = currentLab()
    const packets = [8080, 8082, 8083, 8089, 9999].map((port) => ({
      source: addressOf('client', 'ip'),
      destination: '127.0.0.1',
      port,
    }))
    expect(await traces(lab, lab.client, 'eth0', packets)).toEqual([])
  })

  test('a neighbour that puts 127.0.0.1 on the wire as source reaches nothing', async () => {
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

  test('a container that puts 127.0.0.1 on the wire reaches nothing, though its bridge routes localnet', async () => {
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

  test('nor where another tool lets loopback addresses be routed everywhere, as kube-proxy does', async () => {
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

  test('a link-local client is not translated to a container', async () => {
    const lab = currentLab()
    const destination = await linkLocalOf(lab.host)
    for (const protocol of ['tcp', 'udp', 'sctp'] as const) {
      const asked = {
        protocol,
        destination,
        port: 8080,
        interface: 'eth0',
        sourcePort: 15_500,
        timeoutMs: 200,
      }
      const outcome = await lab.client.probe(asked)
      expect(outcome).toMatchObject({
        delivered: false,
        how: expect.stringMatching(/refused|unreachable|timeout/),
      })
      const seen = await container(lab, 'nginx').arrivals()
      expect(seen.filter((packet) => packet.protocol === protocol && packet.sourcePort === 15_500)).toEqual(
        [],
      )
    }
  })

  test('a link-local client reaches the host itself, but not where it is not allowed', async () => {
    const lab = currentLab()
    const destination = await linkLocalOf(lab.host)
    const ask = (port: number) =>
      lab.client.probe({ protocol: 'tcp', destination, port, interface: 'eth0', timeoutMs: 500 })
    expect(await ask(8094)).toMatchObject({ delivered: true, by: 'host' })
    expect(await ask(8089)).toMatchObject({ delivered: false, how: 'timeout' })
  })

  describe.each(['ip', 'ip6'] as const)('in family %s', (family: Family) => {
    test('a large answer passes a narrow link, because the ICMP error reaches the container', async () => {
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

    test('a flow keeps its way in both directions: the same UDP socket asks twice', async () => {
      const lab = currentLab()
      const ask = () =>
        lab.client.probe({
          protocol: 'udp',
          destination: addressOf('host', family),
          port: 8080,
          sourcePort: family === 'ip' ? 15_600 : 15_601,
          timeoutMs: 3000,
        })
      expect(await ask()).toMatchObject({ delivered: true, by: 'nginx' })
      expect(await ask()).toMatchObject({ delivered: true, by: 'nginx' })
    })
  })
}
