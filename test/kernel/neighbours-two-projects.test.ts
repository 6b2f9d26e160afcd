import { expect, test } from '@jest/globals'
import { families } from '@portolan/netfilter'
import { type Container, carrying } from '../lab/container.ts'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { mustSucceed, pilotOf } from './lifecycle/pilot.ts'

const labs = workerLabs()

const bridge = 'br-theirs'
const outsidePort = 7000

interface Project {
  readonly name: string
  readonly port: number
  readonly ip: string
  readonly ip6: string
}

const shop: Project = { name: 'shop', port: 8080, ip: '10.77.0.200', ip6: 'fd00:77::200' }
const depot: Project = { name: 'depot', port: 8081, ip: '10.77.0.201', ip6: 'fd00:77::201' }

const compose = ({ name, port, ip, ip6 }: Project): string => `name: ${name}
services:
  web:
    networks: { theirs: { ipv4_address: ${ip}, ipv6_address: "${ip6}" } }
    ports: ["${port}:80"]
networks: { theirs: { external: true, name: backend } }
`

const startContainer = (lab: Lab, { name, ip, ip6 }: Project): Promise<Container> =>
  lab.container({
    ...{ name, bridge, address: `${ip}/24`, address6: `${ip6}/64` },
    ...{ gateway: '10.77.0.1', gateway6: 'fd00:77::1' },
    services: [{ protocol: 'tcp', port: 80 }],
  })

/** The rules of Docker's chain for the administrator, in both families. */
const administratorRules = async ({ host }: Lab): Promise<readonly string[]> => {
  const listed = await host.mustRun(['sh', '-c', 'iptables -S DOCKER-USER; ip6tables -S DOCKER-USER'])
  return listed.split('\n').filter((line) => line !== '')
}

const expectServed = async (lab: Lab, { name, port }: Project, web: Container): Promise<void> => {
  for (const family of families) {
    const asked = { protocol: 'tcp', destination: addresses[family].host, port } as const
    expect({ name, family, ...(await lab.client.reach(asked)) }).toMatchObject({ name, family, by: name })
    const outside = { ...asked, destination: addresses[family].outside, port: outsidePort }
    expect({ name, family, ...(await web.reach(outside)) }).toMatchObject({ name, family, by: 'outside' })
  }
}

describeBeside('two projects on one network of Docker, each with --fix', ['docker'], () => {
  test.each([
    ['first', 'nftables'],
    ['second', 'nftables'],
    ['first', 'iptables-nft'],
    ['second', 'iptables-nft'],
  ] as const)(
    'destroy of the %s project removes only its own rules from DOCKER-USER, and the other project is served as before, %s',
    async (which, backend) => {
      await using lab = await labs.open()
      await lab.outside.listen({ protocol: 'tcp', port: outsidePort })
      const daemon = await startDocker(lab, {
        ...{ 'userland-proxy': false, ipv6: true, 'fixed-cidr-v6': 'fd00:17::/64' },
      })
      await lab.host.setSysctl('net.ipv6.conf.all.forwarding', 1)
      await daemon.createNetwork({
        ...{ name: 'backend', bridge, subnet: '10.77.0.0/24', gateway: '10.77.0.1', subnet6: 'fd00:77::/64' },
      })
      // The rule that Docker writes from version 28 on. Without it, Portolan's accepts after Docker's chains would be
      // enough in iptables.
      for (const program of ['iptables', 'ip6tables'])
        await lab.host.mustRun([program, '-A', 'DOCKER', '!', '-i', bridge, '-o', bridge, '-j', 'DROP'])
      const pilot = pilotOf(lab, backend)
      const before = await administratorRules(lab)
      for (const project of [shop, depot]) await pilot.apply(compose(project), '--fix')
      await using ours = await startContainer(lab, shop)
      await using theirs = await startContainer(lab, depot)
      for (const { port } of [ours, theirs]) await carrying(lab.host, bridge, port)
      await expectServed(lab, shop, ours)
      await expectServed(lab, depot, theirs)
      const both = await administratorRules(lab)
      const [gone, kept] = which === 'first' ? [shop, depot] : [depot, shop]
      // Each container has its own rule in each family.
      for (const { ip, ip6 } of [gone, kept])
        for (const address of [`${ip}/32`, `${ip6}/128`])
          expect(both.filter((line) => line.includes(` -d ${address} `))).not.toEqual([])

      mustSucceed('destroy', await pilot.run('destroy', null, '-p', gone.name, '--yes'))
      const isOfGone = (line: string): boolean =>
        line.includes(` ${gone.ip}/32 `) || line.includes(` ${gone.ip6}/128 `)
      expect(await administratorRules(lab)).toEqual(both.filter((line) => !isOfGone(line)))
      await expectServed(lab, kept, kept === shop ? ours : theirs)
      const unserved = {
        protocol: 'tcp',
        destination: addresses.ip.host,
        port: gone.port,
        timeoutMs: 500,
      } as const
      expect(await lab.client.probe(unserved)).toMatchObject({ delivered: false })
      const { changes, conflicts } = await pilot.plan(compose(kept))
      expect(changes.filter(({ object }) => !object.includes('v-'))).toEqual([])
      expect(conflicts.filter(({ severity }) => severity === 'error')).toEqual([])

      mustSucceed('destroy', await pilot.run('destroy', null, '-p', kept.name, '--yes'))
      expect(await administratorRules(lab)).toEqual(before)
    },
  )
})
