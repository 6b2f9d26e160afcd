import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Container } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf } from './pilot.ts'

/** A restricted port in both families, and a port that is bound to the loopback address. */
const compose = `name: shop
networks:
  web: {enable_ipv6: true}
services:
  nginx:
    networks: [web]
    ports:
      - {target: 80, published: "8080", x-portolan: {allow_from: [203.0.113.0/24, "2001:db8:3::/64"]}}
      - {target: 80, published: "8080", protocol: udp, x-portolan: {allow_from: [203.0.113.0/24, "2001:db8:3::/64"]}}
      - "127.0.0.1:9090:81"
`

const families = ['ip', 'ip6'] as const

/** Flows that the contract keeps out, and whether they get in. */
const deliveredFlows = async (lab: Lab, nginx: Container): Promise<Readonly<Record<string, boolean>>> => {
  const asked = families.flatMap((family) => {
    const container = (family === 'ip' ? nginx.address : nginx.address6) ?? ''
    return [
      ...(['tcp', 'udp'] as const).map(
        (protocol) =>
          [`${family} ${protocol} outside allow_from`, protocol, addresses[family].host, 8080] as const,
      ),
      [`${family} an unpublished port of the container`, 'tcp', container, 81] as const,
    ]
  })
  const outcomes = await Promise.all(
    asked.map(async ([name, protocol, destination, port]) => {
      const { delivered } = await lab.neighbour.probe({ protocol, destination, port, timeoutMs: 700 })
      return [name, delivered] as const
    }),
  )
  return Object.fromEntries(outcomes)
}

/** A foreign rule before Portolan's jumps accepts packets that Portolan's chains would drop. */
export const foreignAccept = (open: OpenLab, backend: Exclude<Backend, 'nftables'>): void => {
  test('apply moves our jumps before a foreign accept, which lets nothing in any more', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(compose)
    const nginx = await attach(lab, planned, 'nginx', {
      services: [
        { protocol: 'tcp', port: 80 },
        { protocol: 'udp', port: 80 },
        { protocol: 'tcp', port: 81 },
      ],
      hairpin: true,
    })
    const closed = await deliveredFlows(lab, nginx)
    expect(Object.values(closed)).toEqual([false, false, false, false, false, false])
    const programs = [backend, backend.replace('iptables', 'ip6tables')]
    const chains = ['PREROUTING', 'FORWARD'] as const
    for (const program of programs)
      for (const chain of chains)
        await lab.host.mustRun([program, '-t', 'mangle', '-I', chain, '1', '-j', 'ACCEPT'])
    // Shows that the foreign rules do let the flows in.
    expect(Object.values(await deliveredFlows(lab, nginx))).toEqual([true, true, true, true, true, true])

    const plan = await pilot.plan(compose)
    expect(plan.exitCode).toBe(2)
    expect(plan.changes.map(({ action, object }) => `${action} ${object}`)).toEqual([
      'change rule in mangle PREROUTING (IPv4)',
      'change rule in mangle FORWARD (IPv4)',
      'change rule in mangle PREROUTING (IPv6)',
      'change rule in mangle FORWARD (IPv6)',
    ])
    await pilot.apply(compose)
    // Deletes the flows that were let in, so that they are not established any more.
    await lab.host.mustRun(['conntrack', '-F']).catch(() => '')
    expect(await deliveredFlows(lab, nginx)).toEqual(closed)
    expect((await pilot.plan(compose)).changes).toEqual([])
    // The foreign rules come after Portolan's now, and are unchanged.
    for (const program of programs)
      for (const chain of chains) {
        const [jump, foreign] = (await lab.host.mustRun([program, '-t', 'mangle', '-S', chain]))
          .split('\n')
          .filter((line) => line.startsWith('-A'))
        expect(jump).toContain('-j PORTOLAN-')
        expect(foreign).toBe(`-A ${chain} -j ACCEPT`)
      }
    await pilot.destroy()
    for (const program of programs)
      expect(await lab.host.mustRun([program, '-t', 'mangle', '-S', 'FORWARD'])).toContain(
        '-A FORWARD -j ACCEPT',
      )
  })
}
