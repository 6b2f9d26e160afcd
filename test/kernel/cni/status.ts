import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { type Json, type Plugin, pluginIn, sandboxOf } from './plugin.ts'

/** A folder with links to all programs on the path except one. */
const pathWithout = async (lab: Lab, program: string): Promise<string> => {
  const folder = `/run/lab/without-${program}`
  await lab.host.mustRun([
    'sh',
    '-ec',
    `mkdir -p ${folder}; ln -sft ${folder} /usr/bin/* /usr/sbin/* /bin/* /sbin/*; rm ${folder}/${program}`,
  ])
  return folder
}

/** Reasons why ADD cannot be served: a title, configuration, words of the reason, and words of the remedy. */
const reasons: readonly (readonly [string, Json, string, string])[] = [
  [
    'a pool without a free subnet',
    { pool: '192.0.2.0/24:24', ipv6: false },
    'No subnet is free',
    '"pool": "docker"',
  ],
  [
    'a subnet that a route has',
    { subnet: '192.0.2.0/25', ipv6: false },
    'overlaps 192.0.2.0/24',
    'allowed: [192.0.2.0/24]',
  ],
  ['an interface with the name of the bridge', { bridge: 'eth0' }, 'called eth0', 'with "bridge"'],
  ['a folder that cannot be made', { stateDir: '/proc/foo', project: 'other' }, '/proc/foo', '"stateDir"'],
]

export const status = (open: OpenLab, backend: Backend): void => {
  test('STATUS fails with each reason for which ADD would fail, and changes nothing', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const before = await takeSnapshot(lab.host)
    await plugin.must('STATUS', null)
    for (const [what, more, words, remedy] of reasons)
      expect({ what, ...(await plugin.refused('STATUS', null, more)) }).toMatchObject({
        what,
        code: 50,
        msg: expect.stringContaining(words),
        details: expect.stringContaining(remedy),
      })
    const without = pluginIn(lab, backend, ['env', `PATH=${await pathWithout(lab, 'nsenter')}`])
    expect(await without.refused('STATUS', null)).toMatchObject({
      code: 50,
      msg: expect.stringContaining('nsenter is not installed'),
    })
    // Without `ip` on the path, the plugin finds it in /usr/sbin.
    await pluginIn(lab, backend, ['env', `PATH=${await pathWithout(lab, 'ip')}`]).must('STATUS', null)
    expect(await lab.host.run(['ls', '-d', '/var/lib/portolan'])).toMatchObject({ stdout: '' })
    expect(await takeSnapshot(lab.host)).toEqual(before)
    await expectReasonsOfExistingNetwork(lab, plugin)
  }, 120_000)
}

const expectReasonsOfExistingNetwork = async (lab: Lab, plugin: Plugin): Promise<void> => {
  const onlyOneAddress = { subnet: '10.77.0.0/30', ipv6: false }
  const [one, two] = [await bareMachine(lab, 'pod-1'), await bareMachine(lab, 'pod-2')]
  await plugin.must('ADD', sandboxOf(one), onlyOneAddress)
  const other = await plugin.refused('STATUS', null, { ...onlyOneAddress, subnet: '10.78.0.0/24' })
  expect(other).toMatchObject({
    code: 50,
    details: expect.stringContaining('Give the network another "name"'),
  })
  // The only address of the subnet is taken.
  const full = await plugin.refused('STATUS', null, onlyOneAddress)
  expect(full).toMatchObject({ code: 50, msg: expect.stringContaining('10.77.0.0/30') })
  expect(await plugin.refused('ADD', sandboxOf(two), onlyOneAddress)).toMatchObject({ code: 100 })
  await plugin.must('DEL', sandboxOf(one), onlyOneAddress)
  await plugin.must('STATUS', null, onlyOneAddress)
}
