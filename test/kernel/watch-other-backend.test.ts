import { expect, test } from '@jest/globals'
import { attach } from '../lab/attach.ts'
import { type Backend, backends } from '../lab/backend.ts'
import type { Lab } from '../lab/lab.ts'
import { wrongPorts } from '../lab/wrong-ports.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { pilotOf, shop } from './lifecycle/pilot.ts'
import { inForce } from './live/in-force.ts'
import { startWatchCommand, watchedFile } from './live/watch-process.ts'

/** Expects the container's answer at these of the two ports, over IPv4 and IPv6, and none at the other. */
const expectOpen = async (lab: Lab, ...open: readonly number[]): Promise<void> =>
  expect(await wrongPorts(lab.client, [8080, 9090], new Set(open), ['ip', 'ip6'])).toEqual([])

const twoPorts = shop(['8080:80', '9090:80'])
const onePort = shop(['8080:80'])

/** Applies the shop with two ports and a backend, and starts its container. */
const openShop = async (lab: Lab, backend: Backend): Promise<void> => {
  await attach(lab, await pilotOf(lab, backend).applied(twoPorts), 'nginx', { hairpin: true })
  await expectOpen(lab, 8080, 9090)
}

for (const backend of backends) {
  describeLifecycle('portolan watch with another backend than the one in force', backend, (open) => {
    const others = backends.filter((other) => other !== backend)
    const next = backends[(backends.indexOf(backend) + 1) % backends.length] ?? backend

    test.each(others)(
      'moves the rules from %s, reports that, and closes a port that the text no longer has',
      async (other) => {
        const lab = await open()
        await openShop(lab, other)
        await lab.write('compose.yaml', onePort)
        {
          await using checked = await startWatchCommand(lab, backend, '--check', '--once')
          const drift = await checked.next('what is elsewhere', ({ kind }) => kind === 'drift')
          expect(JSON.stringify(drift)).toMatch(
            new RegExp(`The project has rules in ${other}, and is to have them in ${backend} alone`),
          )
          await checked.running.outcome
          expect(await inForce(lab)).toEqual([other])
        }
        await using watched = await startWatchCommand(lab, backend)
        const drift = await watched.next('the switch', ({ kind }) => kind === 'drift')
        expect(drift).toMatchObject({ outcome: 'repaired' })
        await watched.next('watching', ({ kind }) => kind === 'watching')
        await expectOpen(lab, 8080)
        expect(await inForce(lab)).toEqual([backend])
        expect(await pilotOf(lab, backend).plan(onePort)).toMatchObject({ changes: [] })
        // Without a named backend the active one is used.
        expect(await pilotOf(lab, 'auto').plan(onePort)).toMatchObject({ backend, changes: [] })
      },
    )

    test('without --backend keeps the backend in force, and so do plan and apply', async () => {
      const lab = await open()
      await openShop(lab, backend)
      await lab.write('compose.yaml', onePort)
      {
        await using watched = await startWatchCommand(lab, 'auto')
        expect(await watched.next('watching', ({ kind }) => kind === 'watching')).toMatchObject({ backend })
        await expectOpen(lab, 8080)
      }
      await pilotOf(lab, 'auto').apply(twoPorts)
      await expectOpen(lab, 8080, 9090)
      expect(await inForce(lab)).toEqual([backend])
    })

    test.each([next])(
      'with --backend moves the rules back after an apply with %s beside it',
      async (other) => {
        const lab = await open()
        await openShop(lab, backend)
        await lab.write('compose.yaml', twoPorts)
        await using watched = await startWatchCommand(lab, backend)
        await watched.next('watching', ({ kind }) => kind === 'watching')
        await pilotOf(lab, other).apply(onePort)
        await watched.next('the way back', (event) => event.kind === 'drift' && event.outcome === 'repaired')
        // The file has one port now. The watch takes that, but not the backend.
        await expectOpen(lab, 8080)
        expect(await inForce(lab)).toEqual([backend])
        expect(await pilotOf(lab, backend).plan(onePort)).toMatchObject({ changes: [] })
      },
    )

    test.each([next])(
      'without --backend follows an apply with %s, and repairs the rules there',
      async (other) => {
        const lab = await open()
        await openShop(lab, backend)
        await lab.write('compose.yaml', twoPorts)
        await using watched = await startWatchCommand(lab, 'auto')
        await watched.next('watching', ({ kind }) => kind === 'watching')
        await pilotOf(lab, other).apply(onePort)
        const followed = await watched.next('the other backend', ({ kind }) => kind === 'watching')
        expect(followed).toMatchObject({ backend: other })
        expect((await watched.events()).filter(({ kind }) => kind === 'drift')).toEqual([])
        await lab.host.mustRun(
          other === 'iptables-legacy'
            ? ['iptables-legacy', '-t', 'nat', '-F', 'PORTOLAN-DNAT']
            : ['nft', 'flush', 'ruleset'],
        )
        await watched.next('the repair', (event) => event.kind === 'drift' && event.outcome === 'repaired')
        await expectOpen(lab, 8080)
        expect(await inForce(lab)).toEqual([other])
        expect(await lab.host.readText(watchedFile)).toBe(onePort)
      },
    )
  })
}
