import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import { type Backend, backends } from '../../lab/backend.ts'
import { killingPrograms } from '../../lab/killing-programs.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf, shop } from './pilot.ts'

const ofOurs = /portolan/i

const instants = ['before', 'during', 'after'] as const

/**
 * The instants of the kill on a backend: one that depends on the seed and the backend. With PORTOLAN_KILL_STEPS=all:
 * all of them.
 */
const instantsOf = (backend: Backend): readonly (typeof instants)[number][] => {
  const drawn = (Number(process.env.PORTOLAN_SEED) + backends.indexOf(backend)) % instants.length
  return process.env.PORTOLAN_KILL_STEPS === 'all' ? instants : instants.slice(Math.abs(drawn)).slice(0, 1)
}

/** One plan leads from one backend to another. */
export const switching = (open: OpenLab, backend: Backend): void => {
  test.each(backends.filter((other) => other !== backend))(
    'apply after another one with %s is one plan, and leaves none of those rules behind',
    async (other) => {
      const lab = await open()
      const before = await takeSnapshot(lab.host)
      await pilotOf(lab, other).apply(shop())
      const pilot = pilotOf(lab, backend)
      expect((await pilot.plan(shop())).exitCode).toBe(2)
      await pilot.apply(shop())
      const plan = await pilot.plan(shop())
      expect(plan.changes).toEqual([])
      const after = await takeSnapshot(lab.host)
      const kept = Object.keys(after).filter(
        (part) => ofOurs.test(after[part] ?? '') && part !== 'links' && part !== 'addresses',
      )
      // iptables-nft rules are nf_tables rules too, so both listings show them.
      const own = {
        nftables: ['nft'],
        'iptables-nft': ['nft', 'iptables-nft', 'ip6tables-nft'],
        'iptables-legacy': ['iptables-legacy', 'ip6tables-legacy'],
      }
      expect(kept.sort()).toEqual(own[backend].sort())
      if (backend === 'iptables-nft') expect(after.nft).not.toMatch(/"name":"portolan"/)

      await attach(lab, plan, 'nginx', { hairpin: true })
      const seen = await lab.client.probe({
        protocol: 'tcp',
        destination: addresses.ip6.host,
        port: 8080,
        timeoutMs: 3000,
      })
      expect(seen).toMatchObject({ delivered: true, by: 'nginx' })
      await lab.host.ip('link del v-nginx')
      await pilot.destroy()
      expect(await takeSnapshot(lab.host)).toEqual(before)
    },
  )

  // Only iptables-nft makes tables and base chains that have to be removed again.
  const other = backend === 'iptables-nft' ? 'nftables' : 'iptables-nft'
  test.each(instantsOf(backend))(
    `destroy leaves nothing behind after a switch from ${other} was killed %s any of its programs`,
    async (when) => {
      const lab = await open()
      const before = await takeSnapshot(lab.host)
      const kill = await killingPrograms(lab)
      const file = await lab.write('switched.yaml', shop())
      const pilot = pilotOf(lab, backend)
      for (let program = 1; ; program += 1) {
        await pilotOf(lab, other).apply(shop())
        const isReached = await kill(pilot.argv('apply', file, '--yes'), { program, when })
        await pilot.destroy()
        expect({ program, after: await takeSnapshot(lab.host) }).toEqual({ program, after: before })
        if (!isReached) {
          // Else no program was counted, and no apply was killed.
          expect(program).toBeGreaterThan(2)
          break
        }
      }
    },
    // Each program of the switch is one kill, one destroy and one more apply.
    600_000,
  )
}
