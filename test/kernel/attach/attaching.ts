import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShopAgain } from '../live/in-live-host.ts'
import { type Attached, attach, bareMachine, portsOf, request } from './in-namespace.ts'

/** The rows of the contract that are tested with an attached process, on every backend. */
export const attaching = (open: OpenLab, backend: Backend): void => {
  test('an attached process is reached at its published port and reaches the outside in both families, and detach and destroy leave nothing', async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const one = await bareMachine(lab, 'web-1')
    const two = await bareMachine(lab, 'web-2')
    await attach(lab, backend, one)
    const sibling = (await inShopAgain(
      lab,
      backend,
      `await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
       report(await host.attach(${request(two, 'web-2')}))`,
    )) as Attached
    await lab.outside.listen({ protocol: 'tcp', port: 7 })
    for (const family of ['ip', 'ip6'] as const) {
      // From another machine, from the container itself and from its sibling (both by way of the host), and from the
      // host.
      for (const from of [lab.client, one, two, lab.host])
        expect(
          await from.reach({ protocol: 'tcp', destination: addresses[family].host, port: 8080 }),
        ).toMatchObject({ delivered: true, by: 'web-1' })
      expect(await one.reach({ protocol: 'tcp', destination: sibling[family], port: 80 })).toMatchObject({
        by: 'web-2',
      })
      expect(
        await one.reach({ protocol: 'tcp', destination: addresses[family].outside, port: 7 }),
      ).toMatchObject({ by: 'outside', source: addresses[family].hostOutside })
    }
    expect(
      await inShopAgain(
        lab,
        backend,
        `await host.detach('web-1'); await host.detach('web-2'); await host.removeNetwork('web')
         report([host.endpoints(), host.published()])`,
      ),
    ).toEqual([[], []])
    for (const machine of [one, two])
      expect(await machine.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    await lab.portolan(['destroy', '--all', '--yes', '--state', '/run/lab/live'])
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  test('an attached process does not reach another one on a network with icc off', async () => {
    const lab = await open({ bridgeNf: 0 })
    const one = await bareMachine(lab, 'web-1')
    const two = await bareMachine(lab, 'web-2')
    const other = (await inShopAgain(
      lab,
      backend,
      `await host.ensureNetwork('web', { pool: 'classic', ipv6: true, icc: false })
       await host.attach(${request(one, 'web-1')})
       report(await host.attach(${request(two, 'web-2')}))`,
    )) as Attached
    for (const family of ['ip', 'ip6'] as const) {
      expect(await one.probe({ protocol: 'tcp', destination: other[family], port: 80 })).toMatchObject({
        delivered: false,
      })
      expect(await lab.host.reach({ protocol: 'tcp', destination: other[family], port: 80 })).toMatchObject({
        by: 'web-2',
      })
    }
  })

  test('destroy removes the interfaces of attached processes, and prints them', async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const one = await bareMachine(lab, 'web-1')
    await attach(lab, backend, one)
    const [port] = await portsOf(lab)
    const { stdout } = await lab.portolan(['destroy', '-p', 'shop', '--yes', '--state', '/run/lab/live'])
    expect(stdout).toContain(`- ${port}, endpoint web-1 of network web`)
    expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })
}
