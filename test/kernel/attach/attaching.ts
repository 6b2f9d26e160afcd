import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShop } from '../live/in-live-host.ts'
import { bareMachine } from './in-namespace.ts'

const web = "await host.ensureNetwork('web', { pool: 'classic', ipv6: true })"

const attached = async (lab: Lab, backend: Backend, name: string): Promise<Machine> => {
  const machine = await bareMachine(lab, name)
  await inShop(
    lab,
    backend,
    `${web}; report(await host.attach({ network: 'web', endpoint: '${name}', netns: { pid: ${machine.pid} } }))`,
  )
  return machine
}

export const attaching = (open: OpenLab, backend: Backend): void => {
  test('an attached process is reached in both families at once, and reaches the outside', async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const one = await attached(lab, backend, 'web-1')
    const two = await bareMachine(lab, 'web-2')
    const found = (await inShop(
      lab,
      backend,
      `await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
       const second = await host.attach({ network: 'web', endpoint: 'web-2', netns: { pid: ${two.pid} } })
       report(second)`,
    )) as { readonly ip: string; readonly ip6: string }
    for (const family of ['ip', 'ip6'] as const) {
      const destination = addresses[family].host
      // Another machine, the container itself by way of the host, its sibling by way of the host, and the host.
      for (const from of [lab.client, one, two, lab.host])
        expect(await from.probe({ protocol: 'tcp', destination, port: 8080 })).toMatchObject({
          delivered: true,
          by: 'web-1',
        })
      expect(await one.probe({ protocol: 'tcp', destination: found[family] ?? '', port: 80 })).toMatchObject({
        by: 'web-2',
      })
    }
    await lab.outside.listen({ protocol: 'tcp', port: 7 })
    for (const family of ['ip', 'ip6'] as const)
      expect(
        await one.probe({ protocol: 'tcp', destination: addresses[family].outside, port: 7 }),
      ).toMatchObject({ by: 'outside', source: addresses[family].hostOutside })
    await inShop(
      lab,
      backend,
      "await host.detach('web-1'); await host.detach('web-2'); await host.removeNetwork('web'); report(host.endpoints())",
    )
    expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    expect(await lab.portolan(['destroy', '--all', '--yes', '--state', '/run/lab/live'])).toMatchObject({
      exitCode: 0,
    })
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })
}
