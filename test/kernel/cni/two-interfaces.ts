import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Machine } from '../../lab/machine.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { bareMachine } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { type Json, pluginIn, ports, type Sandbox, sandboxOf } from './plugin.ts'

/** The values that a result of ADD gives for the interface inside. */
const interfaceOf = ({ interfaces, ips }: Json) => {
  const [, inside] = interfaces as readonly { readonly name: string; readonly mac: string }[]
  const given = (ips as readonly { readonly address: string }[]).map(
    ({ address }) => address.split('/')[0] ?? '',
  )
  return { name: inside?.name, mac: inside?.mac, given }
}

/** The first interface publishes TCP 8080 and UDP 5300, the second one 8081 and 5301. */
const portsOf = (at: number): Json =>
  ports(
    { hostPort: 8080 + at, containerPort: 80 + at },
    { hostPort: 5300 + at, containerPort: 53 + at, protocol: 'udp' },
  )

/** A container with a service for each port. Its namespace has a strict reverse path filter. */
const strictMachine = async (lab: Parameters<typeof bareMachine>[0], name: string): Promise<Machine> => {
  const machine = await bareMachine(lab, name)
  await machine.listen({ protocol: 'tcp', port: 81, answersAs: 'second' })
  for (const which of ['all', 'default']) await machine.setSysctl(`net.ipv4.conf.${which}.rp_filter`, 1)
  return machine
}

export const twoInterfaces = (open: OpenLab, backend: Backend): void => {
  test('each of the two interfaces has its own lease, MAC and ports, and stays when the other one is removed', async () => {
    const lab = await open()
    const plugin = pluginIn(lab, backend)
    const before = await takeSnapshot(lab.host)
    const one = await strictMachine(lab, 'pod-1')
    const two = await bareMachine(lab, 'pod-2')
    const [first, second]: readonly [Sandbox, Sandbox] = [
      sandboxOf(one),
      { ...sandboxOf(one), interface: 'net1' },
    ]
    const results = [
      await plugin.must('ADD', first, portsOf(0)),
      await plugin.must('ADD', second, portsOf(1)),
    ] as const
    const [ofTwo] = interfaceOf(await plugin.must('ADD', sandboxOf(two))).given
    // Here eth9 has an address of the network that is leased to another container. It does not count as a second
    // interface of Portolan's.
    const three = await bareMachine(lab, 'pod-3')
    await three.ip('link add eth9 type bridge', 'link set eth9 up', `address add ${ofTwo}/16 dev eth9`)
    expect(await plugin.refused('ADD', sandboxOf(three))).toMatchObject({
      code: 4,
      msg: expect.stringContaining(`has the address ${ofTwo}/16`),
    })
    const [eth0, net1] = [interfaceOf(results[0]), interfaceOf(results[1])]
    expect([eth0.name, net1.name]).toEqual(['eth0', 'net1'])
    expect(new Set([...eth0.given, ...net1.given]).size).toBe(4)
    expect(eth0.mac).not.toBe(net1.mac)
    // A wildcard socket would answer from the address of the first interface.
    for (const address of net1.given)
      await one.listen({ protocol: 'udp', port: 54, answersAs: 'second', addresses: [address] })

    const everywhere = [lab.client, two, lab.host, one]
    const expectServed = async (at: number, by: string): Promise<void> => {
      for (const family of ['ip', 'ip6'] as const)
        for (const from of everywhere)
          for (const [protocol, port] of [
            ['tcp', 8080 + at],
            ['udp', 5300 + at],
          ] as const)
            expect({
              from: from.name,
              asked: port,
              ...(await from.reach({ protocol, destination: addresses[family].host, port })),
            }).toMatchObject({ from: from.name, asked: port, by })
    }
    const expectClosed = async (port: number): Promise<void> =>
      expect(await lab.client.probe({ protocol: 'tcp', destination: addresses.ip.host, port })).toMatchObject(
        { delivered: false },
      )
    const check = (at: 0 | 1) =>
      plugin.must('CHECK', at === 0 ? first : second, { ...portsOf(at), prevResult: results[at] })
    await expectServed(0, 'pod-1')
    await expectServed(1, 'second')
    // The host's neighbour table has each address with the MAC of its own interface.
    const neighbours = await lab.host.mustRun(['ip', 'neighbour'])
    for (const { given, mac } of [eth0, net1])
      for (const address of given) expect(neighbours).toMatch(new RegExp(`^${address} .*lladdr ${mac} `, 'm'))
    await check(0)
    await check(1)
    // A repeated ADD changes nothing.
    expect(await plugin.must('ADD', second, portsOf(1))).toEqual(results[1])
    expect(await plugin.must('ADD', first, portsOf(0))).toEqual(results[0])

    await plugin.must('DEL', first, portsOf(0))
    expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
    await expectClosed(8080)
    await expectServed(1, 'second')
    await check(1)
    expect(await plugin.refused('CHECK', first, { ...portsOf(0), prevResult: results[0] })).toMatchObject({
      code: 102,
      msg: expect.stringContaining('no interface eth0'),
    })

    expect(interfaceOf(await plugin.must('ADD', first, portsOf(0)))).toEqual(eth0)
    await expectServed(0, 'pod-1')
    await expectServed(1, 'second')
    await plugin.must('GC', null, {
      'cni.dev/valid-attachments': [
        { containerID: 'pod-1', ifname: 'eth0' },
        { containerID: 'pod-2', ifname: 'eth0' },
      ],
    })
    expect(await one.mustRun(['ip', '-o', 'link'])).not.toContain('net1')
    await expectClosed(8081)
    await expectServed(0, 'pod-1')
    await check(0)

    for (const sandbox of [first, second, sandboxOf(two)]) await plugin.must('DEL', sandbox)
    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({ exitCode: 0 })
    expect(await takeSnapshot(lab.host)).toEqual(before)
  }, 120_000)
}
