import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { startDockerPlugin } from '../../lab/neighbour/docker-plugin.ts'
import { openSmallDisk } from '../attach/small-disk.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { leftOver } from './docker-site.ts'

const NetworkID = 'a'.repeat(64)
const network = {
  NetworkID,
  Options: { 'com.docker.network.generic': {} },
  IPv4Data: [{ AddressSpace: 'local', Pool: '10.9.0.0/24', Gateway: '10.9.0.1/24' }],
  IPv6Data: [],
}

export const fullDisk = (open: OpenLab, backend: Backend): void => {
  test('CreateNetwork on a full disk fails with the remedy and leaves nothing, and works once there is room', async () => {
    const lab = await open()
    const disk = await openSmallDisk(lab, '/var/lib/portolan')
    const plugin = await startDockerPlugin(lab, backend)
    await disk.leaveFree(0)
    expect(await plugin.call('/NetworkDriver.CreateNetwork', network)).toMatchObject({
      body: {
        Err: expect.stringMatching(
          /^portolan: .*could not be written: the disk is full \(ENOSPC\)\. .*Make room on that disk and run this again/,
        ),
      },
    })
    expect(await leftOver({ lab })).toBe('')
    await disk.leaveFree(1024)
    expect(await plugin.call('/NetworkDriver.CreateNetwork', network)).toEqual({ status: 200, body: {} })
    expect(await plugin.call('/NetworkDriver.DeleteNetwork', { NetworkID })).toEqual({
      status: 200,
      body: {},
    })
    expect(await leftOver({ lab })).toBe('')
  })
}
