import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { pluginIn, ports, sandboxOf } from './plugin.ts'

const web = ports({ hostPort: 8080, containerPort: 80 })

export const failedAdd = (open: OpenLab, backend: Backend): void => {
  test('a failed ADD removes the network that it has made, and changes no network that was there before', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const [one, two] = [await bareMachine(lab, 'pod-1'), await bareMachine(lab, 'pod-2')]
    const onForeignAddress = ports({ hostPort: 8080, containerPort: 80, hostIP: '203.0.113.7' })
    // Forwarding stays on, as after the removal of a network. The kernel's IPv6 routes follow from it.
    const state = async () => {
      const { nft, links, addresses: given } = await takeSnapshot(lab.host)
      return { nft, links, given }
    }
    const before = await state()
    expect(await plugin.refused('ADD', sandboxOf(one), onForeignAddress)).toMatchObject({ code: 7 })
    expect(await plugin.refused('ADD', sandboxOf(one), { args: { cni: { ips: 'x' } } })).toMatchObject({
      code: 7,
    })
    expect(await state()).toEqual(before)
    await plugin.must('ADD', sandboxOf(one), web)
    expect(await plugin.refused('ADD', sandboxOf(two), onForeignAddress)).toMatchObject({ code: 7 })
    // A network with a container is not changed either.
    const stateWithNetwork = await state()
    for (const key of [{ internal: true }, { ipv6: false }, { bridge: 'other0' }])
      expect(await plugin.refused('ADD', sandboxOf(two), key)).toMatchObject({
        code: 7,
        msg: expect.stringContaining(`another "${Object.keys(key)[0]}" than this configuration has`),
      })
    expect(await plugin.refused('STATUS', null, { internal: true })).toMatchObject({ code: 50 })
    expect(await state()).toEqual(stateWithNetwork)
    const destination = addresses.ip.host
    expect(await lab.client.reach({ protocol: 'tcp', destination, port: 8080 })).toMatchObject({
      by: 'pod-1',
    })
  }, 120_000)

  test('a port on which a process of the host listens fails ADD, and only causes a warning with "conflicts": "warn"', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const one = await bareMachine(lab, 'pod-1')
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    expect(await plugin.refused('ADD', sandboxOf(one), web)).toMatchObject({
      code: 101,
      msg: expect.stringContaining('already listens on'),
      details: expect.stringContaining('use "conflicts": "warn"'),
    })
    const { exitCode, stderr } = await plugin.call(
      'ADD',
      sandboxOf(one),
      plugin.config({ ...web, conflicts: 'warn' }),
    )
    expect({ exitCode, warned: stderr.includes('already listens on') }).toEqual({ exitCode: 0, warned: true })
    const destination = addresses.ip.host
    expect(await lab.client.reach({ protocol: 'tcp', destination, port: 8080 })).toMatchObject({
      by: 'pod-1',
    })
  }, 120_000)
}
