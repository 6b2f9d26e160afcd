import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Lab } from '../../lab/lab.ts'
import { type Podman, startPodman } from '../../lab/neighbour/podman.ts'
import type { ProbeOutcome, ProbeProtocol } from '../../lab/probe.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { createNetwork, runContainer } from './network.ts'

const publish = [
  '8080-8081:80-81',
  `${addresses.ip.hostSecond}:8090:80`,
  '127.0.0.1:8091:80',
  `[${addresses.ip6.host}]:8092:80`,
  '5300:53/udp',
  '9100:100/sctp',
]

/** The name of the container that answered; null: none. */
const reached = (outcome: ProbeOutcome): string | null => (outcome.delivered ? outcome.by : null)

type Sender = Pick<Lab['host'], 'probe'>

const ask = async (
  from: Sender,
  destination: string,
  port: number,
  protocol: ProbeProtocol = 'tcp',
): Promise<string | null> => reached(await from.probe({ protocol, destination, port }))

const { ip, ip6 } = addresses

export const contract = (open: () => Promise<Lab>): void => {
  test.each(['nftables', 'iptables'] as const)(
    '%s: a published port of every form is reached as the contract says, until the container is gone',
    async (backend) => {
      const lab = await open()
      const podman = await startPodman(lab, { driver: backend })
      const before = await takeSnapshot(lab.host)
      const opt = `--opt=backend=${backend}`
      const web = await createNetwork(podman, 'web', '--ipv6', opt)
      const data = await createNetwork(podman, 'data', '--dns=192.0.2.53', opt)
      expect(data.subnets).toEqual([{ subnet: '10.0.0.0/16', gateway: '10.0.42.1' }])
      expect(web.subnets).toEqual([
        { subnet: '172.17.0.0/16', gateway: '172.17.42.1' },
        { subnet: expect.stringContaining('/64'), gateway: expect.any(String) },
      ])
      // `create` changes nothing on the host before a container comes.
      expect(await takeSnapshot(lab.host)).toEqual(before)

      const one = await runContainer(podman, 'web-1', 'web', { publish })
      const sibling = await runContainer(podman, 'web-2', 'web', {
        address6: web.subnets[1]?.subnet.replace('/64', '77'),
      })
      const other = await runContainer(podman, 'data-1', 'data')
      expect(one).toMatchObject({ address: '172.17.0.1' })
      expect(sibling.address6).toMatch(/::77$/)
      expect(await resolvers(lab, podman, 'data-1')).toBe('nameserver 192.0.2.53\n')
      for (const from of [lab.client, lab.host, one, sibling, other])
        expect([
          await ask(from, ip.host, 8080),
          await ask(from, ip.host, 8081),
          await ask(from, ip.hostSecond, 8090),
          await ask(from, ip.host, 5300, 'udp'),
          await ask(from, ip.host, 9100, 'sctp'),
        ]).toEqual(['web-1', 'web-1', 'web-1', 'web-1', 'web-1'])
      for (const from of [lab.client, lab.host, one, sibling])
        expect([
          await ask(from, ip6.host, 8080),
          await ask(from, ip6.host, 8092),
          await ask(from, ip6.host, 5300, 'udp'),
        ]).toEqual(['web-1', 'web-1', 'web-1'])
      expect(await ask(lab.host, '127.0.0.1', 8091)).toBe('web-1')
      expect(await ask(sibling, one.address, 80)).toBe('web-1')
      const closed = await Promise.all([
        ask(lab.client, ip.host, 8090),
        ask(lab.client, ip.host, 8091),
        ask(lab.client, ip.host, 8092),
        ask(lab.client, ip6.hostSecond, 8092),
        // Directly to the container, and not by its published port.
        ask(lab.neighbour, one.address, 80),
        ask(lab.neighbour, one.address6 ?? '', 80),
        ask(other, one.address, 80),
      ])
      expect(closed).toEqual([null, null, null, null, null, null, null])

      await podman.reload()
      expect([await ask(lab.client, ip.host, 8080), await ask(lab.client, ip6.host, 8080)]).toEqual([
        'web-1',
        'web-1',
      ])
      await restarted(lab, podman)
      await severalNetworks(lab, podman)
      for (const name of ['web-1', 'web-2', 'data-1']) await podman.remove(name)
      expect(await lab.portolan(['status'])).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('Nothing of Portolan'),
      })
      // Forwarding stays on until `destroy --all`.
      expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({ exitCode: 0 })
      expect(await takeSnapshot(lab.host)).toEqual(before)
    },
    300_000,
  )
}

const resolvers = async (lab: Lab, podman: Podman, name: string): Promise<string> =>
  lab.host.readText((await podman.command('inspect', '--format={{.ResolvConfPath}}', name)).trim())

const restarted = async (lab: Lab, podman: Podman): Promise<void> => {
  await podman.restart({ name: 'web-1', network: 'web', services: [{ protocol: 'tcp', port: 80 }] })
  expect(await ask(lab.client, ip.host, 8080)).toBe('web-1')
  const { stdout } = await lab.portolan(['status', '--json'])
  // Conmon holds the published ports open, which is no conflict.
  expect(fromJson<{ readonly conflicts: readonly object[] }>(stdout).conflicts).toEqual([])
}

/** The ports of a container lead to it by the first of its remaining networks. */
const severalNetworks = async (lab: Lab, podman: Podman): Promise<void> => {
  await podman.command('network', 'connect', 'data', 'web-1')
  await podman.command('network', 'disconnect', 'web', 'web-1')
  expect(await ask(lab.client, ip.host, 8080)).toBe('web-1')
  expect(await ask(lab.client, ip6.host, 8080)).toBe(null)
}
