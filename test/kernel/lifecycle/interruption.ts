import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { mustSucceed, pilotOf, shop } from './pilot.ts'

const rounds = 4

/** `apply` is killed at any instant, or two run at once. The next run must finish the work. */
export const interruption = (open: OpenLab, backend: Backend): void => {
  test('two applies of one project at the same time both succeed, and nothing is left to plan', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    // The file is written once. While a second call wrote it again, the first apply might read it empty.
    const argv = pilot.argv('apply', await lab.write('compose.yaml', shop()), '--yes')
    const outcomes = await Promise.all([lab.portolan(argv), lab.portolan(argv)])
    for (const outcome of outcomes) mustSucceed('apply', outcome)
    expect((await pilot.plan(shop())).changes).toEqual([])
  })

  test('three projects that are applied at the same time are all in force, each with its own subnets', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const projects = ['shop', 'bakery', 'school'].map((name, index) =>
      shop([`${8180 + index}:80`]).replace('name: shop', `name: ${name}`),
    )
    const files = await Promise.all(projects.map((text, index) => lab.write(`project-${index}.yaml`, text)))
    const outcomes = await Promise.all(files.map((file) => lab.portolan(pilot.argv('apply', file, '--yes'))))
    for (const outcome of outcomes) mustSucceed('apply', outcome)
    const subnets: string[] = []
    for (const text of projects) {
      const planned = await pilot.plan(text)
      expect(planned.changes).toEqual([])
      subnets.push(...planned.subnets.map(({ subnet }) => subnet))
    }
    expect(new Set(subnets).size).toBe(subnets.length)
  })

  test(`after a kill at one of ${rounds} instants of its run, the next apply leaves nothing to plan`, async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend)
    const versions = [shop(), shop(['8080:80', '9000-9040:9000-9040', '53:53/udp'])] as const
    const started = performance.now()
    await pilot.apply(versions[0])
    const durationMs = performance.now() - started
    for (let round = 0; round < rounds; round += 1) {
      const wanted = versions[(round + 1) % 2] ?? versions[0]
      const file = await lab.write('compose.yaml', wanted)
      const running = lab.host.start([...lab.command, ...pilot.argv('apply', file, '--yes')])
      await new Promise((resolve) => setTimeout(resolve, (durationMs * (round + 0.5)) / rounds))
      // nsenter has replaced itself by the command (exec), so the signal reaches the command itself.
      running.kill('SIGKILL')
      await running.outcome
      await pilot.apply(wanted)
      expect((await pilot.plan(wanted)).changes).toEqual([])
    }
    await pilot.destroy()
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  test('destroy removes everything after the first apply was killed', async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend)
    const file = await lab.write('compose.yaml', shop())
    for (const delayMs of [140, 300]) {
      const running = lab.host.start([...lab.command, ...pilot.argv('apply', file, '--yes')])
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      running.kill('SIGKILL')
      await running.outcome
      await pilot.destroy()
      expect(await takeSnapshot(lab.host)).toEqual(before)
    }
  })
}
