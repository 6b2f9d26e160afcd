import { expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import { openSmallDisk } from '../attach/small-disk.ts'
import { asked, containerOn, keptCallsIn, namespaceOf } from './calls.ts'
import { leftOn } from './network.ts'

export const fullDisk = (open: () => Promise<Lab>): void => {
  test('setup on a full disk fails with the cause and the way out, and leaves nothing behind', async () => {
    const lab = await open()
    const plugin = keptCallsIn(lab)
    const disk = await openSmallDisk(lab, '/var/lib/portolan')
    const one = await bareMachine(lab, 'pod-1')
    const web = await plugin.must(['create'], asked('web', { options: { backend: 'nftables' } }))
    const container = containerOn(web, one)
    await disk.leaveFree(0)
    expect(await plugin.refused(['setup', namespaceOf(one)], container)).toMatch(
      /could not be written: the disk is full \(ENOSPC\)\. .*Make room on that disk and run this again\.$/,
    )
    expect(await leftOn(lab)).toBe('')
    await disk.leaveFree(1024)
    await plugin.must(['setup', namespaceOf(one)], container)
    await disk.leaveFree(0)
    await plugin.must(['teardown', namespaceOf(one)], container)
    expect(await leftOn(lab)).toBe('')
  })
}
