import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShop } from '../live/in-live-host.ts'
import { expectWhole, openedShop, served } from '../live/live-shop.ts'
import { startWatcher } from '../live/watcher.ts'
import { makeWatchCheck, untilLeasedAgain } from './by-watch.ts'
import { loseScript } from './lost-shop.ts'

const state = '/run/lab/live'

/** The parts of the host that `destroy` has to restore. */
const restoredParts = async (lab: Lab): Promise<readonly string[]> => [
  await lab.host.mustRun(['sysctl', '-n', 'net.ipv4.ip_forward']),
  await lab.host.mustRun(['nft', 'list', 'ruleset']),
]

const destroy = async (lab: Lab): Promise<void> =>
  expect(await lab.portolan(['destroy', '-p', 'shop', '--yes', '--state', state])).toMatchObject({
    exitCode: 0,
  })

/** A process that holds a project open knows the stored state. */
export const byLiveHost = (open: OpenLab, backend: Backend): void => {
  test('serves on and stores its project again, and destroy restores the host', async () => {
    const lab = await open()
    await lab.host.setSysctl('net.ipv4.ip_forward', 0)
    const before = await restoredParts(lab)
    await openedShop(lab, backend)
    const asked = 'report([host.networks(), host.endpoints(), host.published()])'
    const wanted = await inShop(lab, backend, asked)
    {
      await using watcher = await startWatcher(lab, backend)
      await lab.host.mustRun(['sh', '-c', loseScript(state)])
      await makeWatchCheck(lab)
      await untilLeasedAgain(watcher.next)
      await expectWhole(lab)
      expect(await inShop(lab, backend, asked)).toEqual(wanted)
      // Rules that are lost at the same time come back unchanged.
      await lab.host.mustRun(['sh', '-c', `${loseScript(state)}; nft flush ruleset`])
      await untilLeasedAgain(watcher.next)
      await expectWhole(lab)
      const failed = (await watcher.events()).filter(({ kind }) => kind === 'failed' || kind === 'contended')
      expect(failed).toEqual([])
    }
    expect(await inShop(lab, backend, asked)).toEqual(wanted)
    // The old endpoint's address is still leased.
    expect(await inShop(lab, backend, `report((await host.lease('web', 'late')).ip)`)).toBe('172.17.0.2')
    await destroy(lab)
    expect(await restoredParts(lab)).toEqual(before)
    expect(await lab.host.mustRun(['find', state, '-name', 'state-*'])).toBe('')
  })

  test('does not store a destroyed project again while it is open', async () => {
    const lab = await open()
    await openedShop(lab, backend)
    const left = await inShop(
      lab,
      backend,
      `const children = await import('node:child_process')
       children.execFileSync('${lab.command[0]}', ${JSON.stringify([...lab.command.slice(1), 'destroy', '-p', 'shop', '--yes', '--state', state])})
       await host.settled()
       report([host.networks(), host.endpoints(), host.published()])`,
    )
    expect(left).toEqual([[], [], []])
    expect(await served(lab, 'client', 8080)).toBe(false)
    expect(await inShop(lab, backend, 'report(host.networks())')).toEqual([])
  })
}

/** A process that holds a project open without a watch. */
export const byOpenHost = (open: OpenLab, backend: Backend): void => {
  test('stores its project again with the next call, and destroy restores the host', async () => {
    const lab = await open()
    await lab.host.setSysctl('net.ipv4.ip_forward', 0)
    const before = await restoredParts(lab)
    const late = await inShop(
      lab,
      backend,
      `const { rmSync } = await import('node:fs')
       const lose = async () => {
         rmSync('${state}', { recursive: true })
         // What is done to files is seen in the next turn.
         await new Promise((resolve) => setImmediate(resolve))
       }
       await host.ensureNetwork('web', { pool: 'classic' })
       await host.lease('web', 'web-1')
       await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
       await lose()
       await host.publish({ hostPort: 8081, to: { endpoint: 'web-1', port: 80 } })
       await lose()
       const late = await host.lease('web', 'late')
       await lose()
       await host.unpublish({ hostPort: 8081 })
       report(late.ip)`,
    )
    expect(late).toBe('172.17.0.2')
    const asked = `report([host.endpoints().map(({ ip }) => ip), host.published().map(({ hostPort }) => hostPort), (await host.lease('web', 'more')).ip])`
    expect(await inShop(lab, backend, asked)).toEqual([['172.17.0.1', '172.17.0.2'], [8080], '172.17.0.3'])
    await destroy(lab)
    expect(await restoredParts(lab)).toEqual(before)
  })

  test('stores its project again after a loss between two calls in one turn, and destroy restores the host', async () => {
    const lab = await open()
    await lab.host.setSysctl('net.ipv4.ip_forward', 0)
    const before = await restoredParts(lab)
    await inShop(
      lab,
      backend,
      `const { rmSync } = await import('node:fs')
       await host.ensureNetwork('web', { pool: 'classic' })
       await host.lease('web', 'web-1')
       const publish = (hostPort) => host.publish({ hostPort, to: { endpoint: 'web-1', port: 80 } })
       // Sockets that were used some times answer within the call.
       for (let port = 8080; port < 8100; port += 1) await publish(port)
       await new Promise((resolve) => setImmediate(resolve))
       await publish(8100)
       rmSync('${state}', { recursive: true })
       await publish(8101)
       report(null)`,
    )
    await destroy(lab)
    expect(await restoredParts(lab)).toEqual(before)
  })
}
