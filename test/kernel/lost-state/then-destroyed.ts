import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { makeWatchCheck, startWatch, untilLeasedAgain } from './by-watch.ts'
import { loseState, runIn, shopOf, state } from './lost-shop.ts'

/** Only the state directory says what the host was before, so a watch remembers it too. */
export const thenDestroyed = (open: OpenLab, backend: Backend): void => {
  test('restores forwarding and rules, though the state directory was lost twice', async () => {
    const lab = await open()
    const run = runIn(lab, backend)
    const restoredParts = async () => [
      (await lab.host.mustRun(['sysctl', '-n', 'net.ipv4.ip_forward'])).trim(),
      await lab.host.mustRun(['nft', 'list', 'ruleset']),
    ]
    await lab.host.setSysctl('net.ipv4.ip_forward', 0)
    const before = await restoredParts()
    const file = await lab.write('shop.yaml', shopOf('web'))
    const watch = await startWatch(lab, backend, file)
    expect((await restoredParts())[0]).toBe('1')
    await loseState(lab)
    await makeWatchCheck(lab)
    await untilLeasedAgain(watch.next)
    // A new text, after another loss, is planned before the watch has stored anything again.
    await loseState(lab)
    await lab.write('shop.yaml', shopOf('web', 'job'))
    watch.reload()
    await watch.inForce()
    await watch.stop()
    expect(await run('destroy', '-p', 'shop', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await restoredParts()).toEqual(before)
    expect(await lab.host.mustRun(['ls', state])).not.toContain('state-')
  })
}
