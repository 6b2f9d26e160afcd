import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf } from './pilot.ts'

const servedBy = (service: 'one' | 'two'): string => `name: shop
networks:
  web: { enable_ipv6: true }
services:
  one:
    networks: [web]
    ports: [${service === 'one' ? "'9000:80/udp', " : ''}'9001:80/udp']
  two:
    networks: [web]
    ports: [${service === 'two' ? "'9000:80/udp'" : ''}]
`

/** Conntrack remembers where a flow went; a mapping that moves takes its flows along. */
export const flows = (open: OpenLab, backend: Backend): void => {
  test('a mapping that moves to another container takes running UDP flows with it, and only its own', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    await pilot.apply(servedBy('one'))
    const plan = await pilot.plan(servedBy('one'))
    await attach(lab, plan, 'one')
    await attach(lab, plan, 'two')
    await pilot.apply(servedBy('one'))
    for (const family of ['ip', 'ip6'] as const) {
      const ask = (port: number) =>
        lab.client.probe({
          protocol: 'udp',
          destination: addresses[family].host,
          port,
          sourcePort: 12_000 + (family === 'ip' ? 0 : 10) + port - 9000,
          timeoutMs: 3000,
        })
      expect(await ask(9000)).toMatchObject({ by: 'one' })
      expect(await ask(9001)).toMatchObject({ by: 'one' })
      const listing = await lab.host.run([
        'conntrack',
        '-L',
        '-f',
        family === 'ip' ? 'ipv4' : 'ipv6',
        '-p',
        'udp',
      ])
      expect(listing.stdout).toContain('dport=9000 ')
    }
    await pilot.apply(servedBy('two'))
    for (const family of ['ip', 'ip6'] as const) {
      const listing = await lab.host.run([
        'conntrack',
        '-L',
        '-f',
        family === 'ip' ? 'ipv4' : 'ipv6',
        '-p',
        'udp',
      ])
      expect(listing.stdout).not.toContain('dport=9000 ')
      expect(listing.stdout).toContain('dport=9001 ')
      const seen = await lab.client.probe({
        protocol: 'udp',
        destination: addresses[family].host,
        port: 9000,
        sourcePort: 12_000 + (family === 'ip' ? 0 : 10),
        timeoutMs: 3000,
      })
      expect(seen).toMatchObject({ by: 'two' })
    }
  })

  test('a UDP flow that began before its port was published reaches the container after, and after a repair', async () => {
    const lab = await open()
    const unpublished = servedBy('two').replace("'9001:80/udp'", '')
    const pilot = pilotOf(lab, backend)
    // Flows are only tracked where somebody asks for it: the host has a stateful firewall.
    const firewall = `add table inet fw
      add chain inet fw input { type filter hook input priority 0; }
      add rule inet fw input ct state established accept`
    const protect = () => lab.host.mustRun(['nft', firewall])
    await protect()
    await pilot.apply(unpublished)
    await attach(lab, await pilot.plan(unpublished), 'one')
    const ask = (sourcePort: number) =>
      lab.client.probe({
        protocol: 'udp',
        destination: addresses.ip.host,
        port: 9001,
        sourcePort,
        timeoutMs: 1500,
      })
    expect(await ask(12_100)).toMatchObject({ delivered: false })
    await pilot.apply(servedBy('one'))
    expect(await ask(12_100)).toMatchObject({ by: 'one' })
    if (backend === 'iptables-legacy')
      await lab.host.mustRun(['iptables-legacy', '-t', 'nat', '-F', 'PREROUTING'])
    else await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    if (backend !== 'iptables-legacy') await protect()
    expect(await ask(12_101)).toMatchObject({ delivered: false })
    await pilot.apply(servedBy('one'))
    expect(await ask(12_101)).toMatchObject({ by: 'one' })
  })
}
