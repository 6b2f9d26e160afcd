import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { type Json, pluginIn, ports, sandboxOf } from './plugin.ts'

const published = ports(
  { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
  { hostPort: 8081, containerPort: 80, hostIP: addresses.ip.host },
  { hostPort: 8082, containerPort: 80, hostIP: '127.0.0.1' },
  { hostPort: 5300, containerPort: 53, protocol: 'UDP' },
)

/** The addresses in the commands of a refusal. */
const addressesIn = ({ details }: Json): readonly string[] => {
  const found = String(details).match(/\d+\.\d+\.\d+\.\d+/g) ?? []
  expect(found).not.toEqual([])
  return found
}

export const verbs = (open: OpenLab, backend: Backend): void => {
  test('ADD gives a container its network and ports, CHECK fails after a change, and DEL leaves nothing', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const before = await takeSnapshot(lab.host)
    const [one, two] = [await bareMachine(lab, 'pod-1'), await bareMachine(lab, 'pod-2')]
    const result = await plugin.must('ADD', sandboxOf(one), published)
    await plugin.must('ADD', sandboxOf(two))
    expect(result).toMatchObject({
      cniVersion: '1.1.0',
      interfaces: [{}, { name: 'eth0', sandbox: sandboxOf(one).netns }],
      ips: [
        { address: '172.17.0.1/16', gateway: '172.17.42.1', interface: 1 },
        { address: expect.stringContaining('/64'), interface: 1 },
      ],
      routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
    })
    for (const family of ['ip', 'ip6'] as const) {
      const destination = addresses[family].host
      for (const from of [lab.client, one, two, lab.host]) {
        expect(await from.reach({ protocol: 'tcp', destination, port: 8080 })).toMatchObject({ by: 'pod-1' })
        expect(await from.reach({ protocol: 'udp', destination, port: 5300 })).toMatchObject({ by: 'pod-1' })
      }
    }
    const probe = (from: typeof one, destination: string, port: number) =>
      from.probe({ protocol: 'tcp', destination, port })
    expect(await probe(lab.client, addresses.ip.host, 8081)).toMatchObject({ by: 'pod-1' })
    expect(await probe(lab.client, addresses.ip6.host, 8081)).toMatchObject({ delivered: false })
    expect(await probe(lab.host, '127.0.0.1', 8082)).toMatchObject({ by: 'pod-1' })
    expect(await probe(lab.client, addresses.ip.host, 8082)).toMatchObject({ delivered: false })
    // Directly to the container, and not by its published port.
    expect(await probe(lab.neighbour, '172.17.0.1', 80)).toMatchObject({ delivered: false })

    await plugin.must('CHECK', sandboxOf(one), { ...published, prevResult: result })
    await one.ip('addr flush dev eth0 scope global')
    expect(await plugin.refused('CHECK', sandboxOf(one), { ...published, prevResult: result })).toMatchObject(
      { code: 102, msg: expect.stringContaining('lacks the address 172.17.0.1/16') },
    )

    await plugin.must('DEL', sandboxOf(one), published)
    await plugin.must('DEL', sandboxOf(one), published)
    expect(await probe(lab.client, addresses.ip.host, 8080)).toMatchObject({ delivered: false })
    // The namespace is gone before the runtime calls DEL.
    await plugin.must('DEL', { id: 'pod-2', netns: '/run/netns/gone' })
    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({
      exitCode: 0,
    })
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  test('CHECK fails after another program deleted a port, and GC removes containers that are not in its list', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const [one, two] = [await bareMachine(lab, 'pod-1'), await bareMachine(lab, 'pod-2')]
    const result = await plugin.must('ADD', sandboxOf(one), published)
    await plugin.must('ADD', sandboxOf(two))
    await lab.host.mustRun(
      backend === 'nftables'
        ? ['nft', 'delete', 'table', 'inet', 'portolan']
        : [backend, '-w', '-t', 'nat', '-F', 'PORTOLAN-DNAT'],
    )
    const found = await plugin.refused('CHECK', sandboxOf(one), { ...published, prevResult: result })
    expect(found).toMatchObject({
      code: 102,
      msg: expect.stringContaining('0.0.0.0:8080/tcp -> pod-1@eth0:80'),
    })

    const valid = { 'cni.dev/valid-attachments': [{ containerID: 'pod-1', ifname: 'eth0' }] }
    await plugin.must('GC', null, valid)
    expect(await two.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    expect(await one.mustRun(['ip', '-o', 'link'])).toContain('eth0')
    // The rules came back with the call.
    expect(
      await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: 8080 }),
    ).toMatchObject({ by: 'pod-1' })
    // A second GC finds nothing to remove.
    await plugin.must('GC', null, valid)
  })

  test('a conflict fails ADD and leaves nothing, and only causes a warning with "conflicts": "warn"', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const one = await bareMachine(lab, 'pod-1')
    const [iptables, legacy] = ['iptables', 'iptables-legacy']
    const tool = backend === 'iptables-legacy' ? legacy : iptables
    await lab.host.mustRun([tool, '-w', '-P', 'FORWARD', 'DROP'])
    await lab.host.mustRun([tool, '-w', '-I', 'FORWARD', '-p', 'tcp', '--dport', '80', '-j', 'DROP'])
    const refused = await plugin.refused('ADD', sandboxOf(one), published)
    expect(refused).toMatchObject({ code: 101, cniVersion: '1.1.0' })
    expect(String(refused.msg)).toContain('-> pod-1@eth0:80 cannot be reached')
    expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    // The next container gets the address that the remedy names.
    const two = await bareMachine(lab, 'pod-2')
    const again = await plugin.refused('ADD', sandboxOf(two), published)
    expect(addressesIn(again)).toEqual(addressesIn(refused))
    const { exitCode, stdout, stderr } = await plugin.call(
      'ADD',
      sandboxOf(one),
      plugin.config({ ...published, conflicts: 'warn' }),
    )
    expect({ exitCode, warned: stderr.includes('cannot be reached') }).toEqual({ exitCode: 0, warned: true })
    expect(fromJson<Json>(stdout).ips).toHaveLength(2)
  })
}
