import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import { openSmallDisk } from '../attach/small-disk.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { pluginIn, ports, sandboxOf } from './plugin.ts'

const namesStateDir = /name another folder with "stateDir" in the network configuration\.$/

export const fullDisk = (open: OpenLab, backend: Backend): void => {
  test('STATUS and ADD fail with the full disk and the remedy, a failed ADD leaves nothing, and DEL works on a full disk', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const pod = sandboxOf(await bareMachine(lab, 'pod-1'))
    const disk = await openSmallDisk(lab)
    const config = { ...ports({ hostPort: 8080, containerPort: 80 }), stateDir: `${disk.path}/state` }
    const state = async () => {
      const { nft, links, addresses: given } = await takeSnapshot(lab.host)
      return { nft, links, given }
    }
    const before = await state()
    await disk.leaveFree(0)
    expect(await plugin.refused('STATUS', null, config)).toMatchObject({
      code: 50,
      msg: expect.stringContaining('is full'),
      details: expect.stringMatching(namesStateDir),
    })
    expect(await plugin.refused('ADD', pod, config)).toMatchObject({
      code: 100,
      msg: expect.stringMatching(/could not be written: the disk is full \(ENOSPC\)\./),
      details: expect.stringMatching(/^Make room on that disk and run this again/),
    })
    expect(await state()).toEqual(before)
    // With little room the disk fills up at one or another of the files that ADD writes.
    for (const free of [24, 64]) {
      await disk.leaveFree(free)
      const { exitCode, stdout } = await plugin.call('ADD', pod, plugin.config(config))
      if (exitCode === 0) await plugin.must('DEL', pod, config)
      else {
        expect(fromJson(stdout)).toMatchObject({
          msg: expect.stringContaining('the disk is full'),
          details: expect.stringContaining('Make room on that disk and run this again'),
        })
        expect(await state()).toEqual(before)
      }
    }
    await disk.leaveFree(1024)
    await plugin.must('ADD', pod, config)
    const destination = addresses.ip.host
    expect(await lab.client.reach({ protocol: 'tcp', destination, port: 8080 })).toMatchObject({
      by: 'pod-1',
    })
    // DEL frees room, so it succeeds on a full disk too.
    await disk.leaveFree(0)
    await plugin.must('DEL', pod, config)
  }, 120_000)
}
