import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { leasedOn } from '../podman-plugin/network.ts'
import { type Plugin, pluginIn, ports, type Sandbox, sandboxOf } from './plugin.ts'

const preload = fileURLToPath(new URL('../../lab/kill-before.mjs', import.meta.url))

const web = ports({ hostPort: 8080, containerPort: 80 })

/** Runs a verb that is killed before the step of this number; false: the verb has fewer steps and ended. */
const wasKilled = async (plugin: Plugin, verb: string, sandbox: Sandbox, step: number): Promise<boolean> => {
  const { exitCode } = await plugin.call(verb, sandbox, plugin.config(web), {
    NODE_OPTIONS: `--import=${preload}`,
    KILL_BEFORE: String(step),
  })
  expect([0, 137, null]).toContain(exitCode)
  return exitCode !== 0
}

/** The interfaces (by alias) and published ports of containers on the host. */
const leftOn = async (lab: Lab): Promise<string> =>
  lab.host.mustRun([
    'sh',
    '-c',
    'ip link show | grep -F "endpoint=" || true; nft list map inet portolan dnat4 | grep -F 8080 || true',
  ])

export const killedVerbs = (open: OpenLab, backend: Backend): void => {
  test('after an ADD or a DEL that was killed before any of its steps, the next ADD works and the next DEL leaves nothing', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const before = await takeSnapshot(lab.host)
    const one = await bareMachine(lab, 'pod-1')
    const sandbox = sandboxOf(one)
    let steps = 0
    for (let wasEitherKilled = true; wasEitherKilled; steps += 1) {
      const addKilled = await wasKilled(plugin, 'ADD', sandbox, steps + 1)
      if (steps % 2 === 0) await plugin.must('DEL', sandbox, web)
      await plugin.must('ADD', sandbox, web)
      expect(
        await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: 8080 }),
      ).toMatchObject({ by: 'pod-1' })
      const delKilled = await wasKilled(plugin, 'DEL', sandbox, steps + 1)
      await plugin.must('DEL', sandbox, web)
      expect(await leftOn(lab)).toBe('')
      expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
      wasEitherKilled = addKilled || delKilled
    }
    expect(steps).toBeGreaterThan(5)
    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({ exitCode: 0 })
    expect(await takeSnapshot(lab.host)).toEqual(before)
  }, 600_000)

  test('GC removes what an ADD or a DEL leaves that was killed before any of its steps', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const one = await bareMachine(lab, 'pod-1')
    const sandbox = sandboxOf(one)
    const expectGcRemovesAll = async (verb: string, step: number): Promise<void> => {
      await plugin.must('GC', null, { 'cni.dev/valid-attachments': [] })
      const held = (await leasedOn(lab))
        .split('\n')
        .filter((line) => line.includes('"kind":"address"') && line.includes('"released":null'))
      expect({ verb, step, left: await leftOn(lab), held }).toEqual({ verb, step, left: '', held: [] })
      expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    }
    await plugin.must('ADD', sandbox, web)
    let step = 1
    for (let wasEitherKilled = true; wasEitherKilled; step += 1) {
      const delKilled = await wasKilled(plugin, 'DEL', sandbox, step)
      await expectGcRemovesAll('DEL', step)
      const addKilled = await wasKilled(plugin, 'ADD', sandbox, step)
      await expectGcRemovesAll('ADD', step)
      wasEitherKilled = delKilled || addKilled
      if (wasEitherKilled) await plugin.must('ADD', sandbox, web)
    }
    expect(step).toBeGreaterThan(4)
  }, 600_000)
}
