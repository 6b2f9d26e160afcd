import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { containerCount } from '../many-containers.ts'
import { type Json, pluginIn, ports, sandboxOf } from './plugin.ts'

const count = containerCount(50)

export const together = (open: OpenLab, backend: Backend): void => {
  test(`${count} ADDs at once give each container addresses and a port of its own, and ${count} DELs leave nothing`, async () => {
    const lab = await open()
    // So many processes would starve the suites that run at the same time, hence nice.
    const plugin = pluginIn(lab, backend, ['nice', '-n', '5'])
    const before = await takeSnapshot(lab.host)
    const names = Array.from({ length: count }, (_, at) => `pod-${at}`)
    await lab.host.mustRun(['sh', '-ec', names.map((name) => `ip netns add ${name}`).join('\n')])
    const sandboxes = names.map((id) => ({ id, netns: `/run/netns/${id}` }))
    const last = await bareMachine(lab, 'last')
    const inLast = sandboxOf(last)
    await plugin.must('ADD', inLast, ports({ hostPort: 9999, containerPort: 80 }))
    const results = await Promise.all(
      sandboxes.map((sandbox, at) =>
        plugin.must('ADD', sandbox, ports({ hostPort: 9000 + at, containerPort: 80 })),
      ),
    )
    const allAddresses = results.flatMap(({ ips }) => (ips as readonly Json[]).map(({ address }) => address))
    expect(new Set(allAddresses).size).toBe(2 * count)
    expect(
      await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: 9999 }),
    ).toMatchObject({ by: 'last' })
    await Promise.all([...sandboxes, inLast].map((sandbox) => plugin.must('DEL', sandbox)))
    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({
      exitCode: 0,
    })
    await lab.host.mustRun(['sh', '-ec', names.map((name) => `ip netns delete ${name}`).join('\n')])
    expect(await takeSnapshot(lab.host)).toEqual(before)
  }, 600_000)
}
