import { expect, test } from '@jest/globals'
import { playedBackends } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { mustSucceed, pilotOf, shop } from './lifecycle/pilot.ts'

for (const backend of playedBackends(['nftables', 'iptables-legacy']))
  describeLifecycle('a state directory on a full disk', backend, (open) => {
    test('apply and destroy change nothing and say so, and work once there is room', async () => {
      const lab = await open()
      const pilot = pilotOf(lab, backend)
      const disk = (command: string) => lab.host.run(['sh', '-c', `cd /run/lab/state; ${command}`])
      // Fills each page of the disk, so that not even one byte of a new file can be written.
      const fill = 'head -c 4m /dev/zero > filler'
      await lab.host.mustRun(['mkdir', '-p', '/run/lab/state'])
      await lab.host.mustRun([
        ...['mount', '-t', 'tmpfs', '-o', 'size=2m,mode=755', 'tmpfs', '/run/lab/state'],
      ])
      const expectRefused = async (
        ...[command, file, ...words]: Parameters<typeof pilot.argv>
      ): Promise<void> => {
        const { exitCode, stderr } = await lab.portolan(pilot.argv(command, file, ...words))
        expect({ exitCode, stderr }).toEqual({
          exitCode: 1,
          stderr: expect.stringMatching(/the disk is full \(ENOSPC\)\. .*Nothing was changed\. Make room/s),
        })
      }
      // The earlier values of sysctls are stored before they are changed.
      await lab.host.setSysctl('net.ipv4.ip_forward', 0)
      await pilot.apply(shop([]))
      const destroyWords = ['destroy', null, '-p', 'shop', '--yes'] as const
      const links = () => lab.host.mustRun(['ip', '-br', 'link'])
      const before = await links()
      await disk(fill)
      await expectRefused(...destroyWords)
      expect(await links()).toBe(before)
      expect((await pilot.plan(shop([]))).changes).toEqual([])
      await disk('rm filler')
      mustSucceed('destroy', await lab.portolan(pilot.argv(...destroyWords)))
      const linksAfterDestroy = await links()
      await disk(fill)
      await expectRefused('apply', await lab.write('compose.yaml', shop([])), '--yes')
      expect(await links()).toBe(linksAfterDestroy)
      await disk('rm filler')
      await pilot.apply(shop([]))
    })
  })
