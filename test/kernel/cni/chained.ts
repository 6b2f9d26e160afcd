import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { type Json, pluginIn, ports, type Sandbox, sandboxOf } from './plugin.ts'

/** Debian's plugin `bridge` with host-local, as the first plugin of a list. */
const bridge = {
  cniVersion: '1.0.0',
  name: 'pods',
  type: 'bridge',
  bridge: 'cni0',
  isGateway: true,
  ipMasq: true,
  ipam: {
    type: 'host-local',
    subnet: '10.85.0.0/16',
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: '/run/lab/host-local',
  },
}

const callBridge = async (lab: Lab, verb: 'ADD' | 'DEL', { id, netns }: Sandbox): Promise<string> =>
  lab.host.mustRun(['/usr/lib/cni/bridge'], {
    input: JSON.stringify(bridge),
    environment: {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: id,
      CNI_NETNS: netns,
      CNI_IFNAME: 'eth0',
      CNI_PATH: '/usr/lib/cni',
    },
  })

const portTo80 = (hostPort: number): Json => ports({ hostPort, containerPort: 80 })

export const chained = (open: OpenLab, backend: Backend): void => {
  test('it publishes ports in place of portmap and returns the result of the plugin bridge, and destroy leaves nothing', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const [one, two] = [await bareMachine(lab, 'pod-1'), await bareMachine(lab, 'pod-2')]
    const [first, second] = [sandboxOf(one), sandboxOf(two)]
    // The bridge and its settings stay for the next container.
    await callBridge(lab, 'ADD', { id: 'before', netns: sandboxOf(await bareMachine(lab, 'before')).netns })
    // The kernel still works on the veth pair while duplicate address detection runs for the link-local address.
    await lab.host.mustRun([
      'sh',
      '-c',
      'while ip -6 address show tentative | grep -q .; do sleep 0.05; done',
    ])
    const before = await takeSnapshot(lab.host)
    const prevResult = fromJson<Json>(await callBridge(lab, 'ADD', first))
    const results = [prevResult, fromJson<Json>(await callBridge(lab, 'ADD', second))]
    const firstConfig = { ...portTo80(8080), ipv6: false, prevResult }
    const add = (sandbox: Sandbox, hostPort: number) =>
      plugin.must('ADD', sandbox, { ...portTo80(hostPort), ipv6: false, prevResult: results[1] })
    const elsewhere = ports({ hostPort: 8080, containerPort: 80, hostIP: '203.0.113.7' })
    expect(await plugin.refused('ADD', first, { ...elsewhere, prevResult })).toMatchObject({
      code: 7,
      msg: expect.stringContaining('runtimeConfig.portMappings[0].hostIP is "203.0.113.7"'),
    })
    // Two calls at the same time wait for each other.
    const [result] = await Promise.all([plugin.must('ADD', first, firstConfig), add(second, 8081)])
    expect(result).toMatchObject({ ...prevResult, cniVersion: '1.1.0' })
    const destination = addresses.ip.host
    for (const from of [lab.client, one, two, lab.host])
      expect(await from.reach({ protocol: 'tcp', destination, port: 8080 })).toMatchObject({ by: 'pod-1' })
    const isAnswered = async (port: number) =>
      (await lab.client.probe({ protocol: 'tcp', destination, port })).delivered
    expect(await isAnswered(8081)).toBe(true)
    // This container ended without a DEL, and another one has its address now.
    await add({ ...second, id: 'pod-3' }, 8082)
    expect([await isAnswered(8081), await isAnswered(8082)]).toEqual([false, true])

    await plugin.must('CHECK', first, firstConfig)
    await lab.host.mustRun(
      backend === 'nftables'
        ? ['nft', 'delete', 'element', 'inet', 'portolan', 'dnat4', '{ tcp . 8080 }']
        : [backend, '-w', '-t', 'nat', '-F', 'PORTOLAN-DNAT'],
    )
    expect(await plugin.refused('CHECK', first, firstConfig)).toMatchObject({
      code: 102,
      msg: expect.stringContaining('8080'),
    })

    // The runtime has lost the result of ADD.
    await plugin.must('DEL', first)
    await plugin.must('DEL', first)
    await plugin.must('GC', null, { 'cni.dev/valid-attachments': [] })
    expect(await isAnswered(8082)).toBe(false)
    // destroy also removes the records of the plugin.
    await plugin.must('ADD', first, firstConfig)
    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({ exitCode: 0 })
    expect(await lab.host.run(['ls', '/var/lib/portolan/cni'])).toMatchObject({ stdout: '' })
    await callBridge(lab, 'DEL', first)
    await callBridge(lab, 'DEL', second)
    expect(await takeSnapshot(lab.host)).toEqual(before)
  }, 300_000)
}
