import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import { startWatchCommand } from '../live/watch-process.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf, shop } from './pilot.ts'

const families = ['ip', 'ip6'] as const

/** Whether the published port answers this machine, in each family. */
const served = (from: Machine): Promise<readonly boolean[]> =>
  Promise.all(
    families.map(async (family) => {
      const destination = addresses[family].host
      return (await from.probe({ protocol: 'tcp', destination, port: 8080, timeoutMs: 700 })).delivered
    }),
  )

/** The rules of chain FORWARD, without our comment. */
const forwardRules = async (lab: Lab, program: string): Promise<readonly string[]> =>
  (await lab.host.mustRun([program, '-S', 'FORWARD'])).split('\n').filter((line) => line.startsWith('-A'))

/** A foreign rule behind our accepts refuses packets that our chain would accept. */
export const foreignRefusal = (open: OpenLab, backend: Exclude<Backend, 'nftables'>): void => {
  test('apply and a watch move our accepts behind a ban that was appended later, and the ban holds', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    await attach(lab, await pilot.applied(shop()), 'nginx', { hairpin: true })
    const programs = { ip: backend, ip6: backend.replace('iptables', 'ip6tables') }
    const ban = (family: 'ip' | 'ip6', machine: 'neighbour' | 'client'): Promise<string> =>
      lab.host.mustRun([programs[family], '-A', 'FORWARD', '-s', addresses[family][machine], '-j', 'DROP'])
    expect(await served(lab.neighbour)).toEqual([true, true])
    for (const family of families) await ban(family, 'neighbour')
    const plan = await pilot.plan(shop())
    expect(plan.exitCode).toBe(2)
    expect(plan.changes.map(({ action, object }) => `${action} ${object}`)).toEqual([
      'change rule in filter FORWARD (IPv4)',
      'change rule in filter FORWARD (IPv6)',
    ])
    // The ban is for one machine, so the plan warns of it and is not refused.
    expect(plan.conflicts.map(({ kind, severity }) => `${severity} ${kind}`)).toContain(
      'warning ForwardDropped',
    )
    await pilot.apply(shop())
    expect(await served(lab.neighbour)).toEqual([false, false])
    expect(await served(lab.client)).toEqual([true, true])
    expect((await pilot.plan(shop())).changes).toEqual([])
    {
      await lab.write('compose.yaml', shop())
      await using watched = await startWatchCommand(lab, backend)
      await watched.next('watching', ({ kind }) => kind === 'watching')
      for (const family of families) {
        await ban(family, 'client')
        await watched.next(
          `the repair in ${family}`,
          (event) =>
            event.kind === 'drift' &&
            event.outcome === 'repaired' &&
            event.changes.some(({ object }) => object.startsWith('rule in filter FORWARD')),
        )
      }
    }
    expect(await served(lab.client)).toEqual([false, false])
    for (const family of families)
      expect(await forwardRules(lab, programs[family])).toEqual([
        expect.stringContaining('-j DROP'),
        expect.stringContaining('-j DROP'),
        '-A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT',
      ])
    await pilot.destroy()
    for (const family of families) expect(await forwardRules(lab, programs[family])).toHaveLength(2)
  })
}
