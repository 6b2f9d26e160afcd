import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { keepFlows } from '../../lab/lasting-flows.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf } from './pilot.ts'

const preload = fileURLToPath(new URL('../../lab/kill-before.mjs', import.meta.url))

/** Runs the command, and kills it just before it deletes flows from connection tracking. */
const killBeforeFlowsAreDeleted = async (lab: Lab, argv: readonly string[]): Promise<void> => {
  const environment = { NODE_OPTIONS: `--import=${preload}`, KILL_BEFORE: 'flows' }
  const { exitCode, stderr } = await lab.host.run([...lab.command, ...argv], { environment })
  if (exitCode !== null) throw new Error(`It ended by itself with ${exitCode}: ${stderr}`)
}

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

/** Connection tracking remembers where a flow was translated to. When a mapping moves, its flows must move too. */
export const flows = (open: OpenLab, backend: Backend): void => {
  test('a UDP flow follows its mapping to another container, and a flow of another mapping stays', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const plan = await pilot.applied(servedBy('one'))
    for (const service of ['one', 'two']) await attach(lab, plan, service, { hairpin: true })
    await keepFlows(lab.host)
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

  test('a UDP flow that began while its port had no rules reaches the container after apply', async () => {
    const lab = await open()
    const unpublished = servedBy('two').replace("'9001:80/udp'", '')
    const pilot = pilotOf(lab, backend)
    // The kernel tracks flows only when a rule needs it, so the host has a stateful firewall.
    const firewall = `add table inet fw
      add chain inet fw input { type filter hook input priority 0; }
      add rule inet fw input ct state established accept`
    const protect = () => lab.host.mustRun(['nft', firewall])
    await protect()
    const planned = await pilot.applied(unpublished)
    await attach(lab, planned, 'one')
    await keepFlows(lab.host)
    const ask = (sourcePort: number, timeoutMs = 1500) =>
      lab.client.probe({
        protocol: 'udp',
        destination: addresses.ip.host,
        port: 9001,
        sourcePort,
        timeoutMs,
      })
    expect(await ask(12_100, 500)).toMatchObject({ delivered: false })
    await pilot.apply(servedBy('one'))
    expect(await ask(12_100)).toMatchObject({ by: 'one' })
    if (backend === 'iptables-legacy')
      await lab.host.mustRun(['iptables-legacy', '-t', 'nat', '-F', 'PREROUTING'])
    else await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    if (backend !== 'iptables-legacy') await protect()
    expect(await ask(12_101, 500)).toMatchObject({ delivered: false })
    await pilot.apply(servedBy('one'))
    expect(await ask(12_101)).toMatchObject({ by: 'one' })
  })

  test('apply or destroy, killed after the rules and before the deletion of flows, leaves that deletion to the next run', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const [one, two] = (['one', 'two'] as const).map((service) =>
      servedBy(service).replaceAll("'9000:80/udp'", "'9000:80/udp', '9000:80'"),
    ) as [string, string]
    const plan = await pilot.applied(one)
    for (const service of ['one', 'two']) await attach(lab, plan, service, { hairpin: true })
    await keepFlows(lab.host)
    const ask = (protocol: 'udp' | 'tcp') =>
      lab.client.probe({
        protocol,
        destination: addresses.ip.host,
        port: 9000,
        sourcePort: 12_200,
        timeoutMs: 3000,
      })
    const boundToOne = async (): Promise<readonly string[]> => {
      const { stdout } = await lab.host.run(['conntrack', '-L', '-d', addresses.ip.host])
      return stdout.split('\n').filter((line) => line.includes('dport=9000 '))
    }
    expect(await ask('udp')).toMatchObject({ by: 'one' })
    expect(await ask('tcp')).toMatchObject({ by: 'one' })
    expect((await boundToOne()).map((line) => line.slice(0, 3))).toEqual(
      expect.arrayContaining(['udp', 'tcp']),
    )

    const file = await lab.write('compose.yaml', two)
    await killBeforeFlowsAreDeleted(lab, pilot.argv('apply', file, '--yes'))
    // The rules lead to the other container now, but established flows do not follow them.
    expect(await ask('udp')).toMatchObject({ by: 'one' })
    const pending = await pilot.plan(two)
    expect(pending).toMatchObject({ exitCode: 2, summary: { add: 0, change: 0, remove: 1 } })
    expect(pending.changes[0]).toMatchObject({ part: 'conntrack', action: 'remove', object: 'connections' })
    await pilot.apply(two)
    expect(await boundToOne()).toEqual([])
    expect(await ask('udp')).toMatchObject({ by: 'two' })
    expect(await pilot.plan(two)).toMatchObject({ exitCode: 0, changes: [] })

    await killBeforeFlowsAreDeleted(lab, pilot.argv('destroy', null, '--all', '--yes'))
    expect(await boundToOne()).not.toEqual([])
    await pilot.destroy()
    expect(await boundToOne()).toEqual([])
  })

  test('a deletion that a killed apply left does not affect flows of a mapping that is in force again', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const plan = await pilot.applied(servedBy('one'))
    for (const service of ['one', 'two']) await attach(lab, plan, service, { hairpin: true })
    await keepFlows(lab.host)
    const ask = () =>
      lab.client.probe({
        protocol: 'udp',
        destination: addresses.ip.host,
        port: 9000,
        sourcePort: 12_300,
        timeoutMs: 3000,
      })
    expect(await ask()).toMatchObject({ by: 'one' })
    const file = await lab.write('compose.yaml', servedBy('two'))
    await killBeforeFlowsAreDeleted(lab, pilot.argv('apply', file, '--yes'))
    const entry = async () => (await lab.host.run(['conntrack', '-L', '-o', 'id', '-p', 'udp'])).stdout
    const id = /dport=9000 .* id=(\d+)/.exec(await entry())?.[1]
    expect(id).toBeDefined()
    await pilot.apply(servedBy('one'))
    expect(await entry()).toContain(`id=${id}`)
    expect(await ask()).toMatchObject({ by: 'one' })
    expect(await pilot.plan(servedBy('one'))).toMatchObject({ exitCode: 0, changes: [] })
  })
}
