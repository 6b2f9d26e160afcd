import { setTimeout } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startFirewalld } from '../lab/neighbour/firewalld.ts'
import { startUfw } from '../lab/neighbour/ufw.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { expectWhole, openedShop, untilWhole } from './live/live-shop.ts'
import { startWatcher, type Watcher } from './live/watcher.ts'

/** Another program does something. A moment later both ports must be as requested again. */
const expectHeld = async (lab: Lab, watcher: Watcher, work: () => Promise<unknown>): Promise<void> => {
  await work()
  await setTimeout(1000)
  await untilWhole(lab)
  const trouble = (await watcher.events()).filter(({ kind }) => kind === 'failed' || kind === 'contended')
  expect(trouble).toEqual([])
}

describeBeside(
  'a live project that is watched beside the real programs',
  ['firewalld', 'ufw', 'docker'],
  () => {
    test.each(['nftables', 'iptables-nft'] as const)(
      'is held while firewalld is reloaded and restarted, %s',
      async (backend) => {
        await using lab = await workerLabs().open()
        const firewalld = await startFirewalld(lab)
        await openedShop(lab, backend)
        await using watcher = await startWatcher(lab, backend)
        await expectWhole(lab)
        await expectHeld(lab, watcher, () => firewalld.reload())
        await expectHeld(lab, watcher, () => firewalld.command('--complete-reload'))
        await expectHeld(lab, watcher, () => firewalld.restart())
        await expectHeld(lab, watcher, () => firewalld.stop())
      },
    )

    test.each(['nftables', 'iptables-nft'] as const)(
      'is held while ufw is enabled, reloaded and disabled, %s',
      async (backend) => {
        await using lab = await workerLabs().open()
        await openedShop(lab, backend)
        await using watcher = await startWatcher(lab, backend)
        const ufw = await startUfw(lab, ['default allow routed'])
        await expectHeld(lab, watcher, async () => undefined)
        await expectHeld(lab, watcher, () => ufw.reload())
        await expectHeld(lab, watcher, () => ufw.disable())
      },
    )

    test.each(['nftables', 'iptables-nft'] as const)(
      'is held while dockerd starts and stops, %s',
      async (backend) => {
        await using lab = await workerLabs().open()
        await openedShop(lab, backend)
        await using watcher = await startWatcher(lab, backend)
        const docker = await startDocker(lab, { bip: '172.30.0.1/16' })
        await expectHeld(lab, watcher, async () => undefined)
        await expectHeld(lab, watcher, () => docker.restart())
        await expectHeld(lab, watcher, () => docker.stop())
      },
    )
  },
)
