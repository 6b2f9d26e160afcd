import { expect, test } from '@jest/globals'
import { attach } from '../lab/attach.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { pilotOf } from './lifecycle/pilot.ts'

const labs = workerLabs()

const port = 8080

const shop = `name: shop
services:
  nginx: { networks: [web], ports: ["${port}:80"] }
networks: { web: {} }
`

describeBeside('a project that moves from Docker as the guide says', ['docker'], () => {
  test.each(['nftables', 'iptables-nft'] as const)(
    'is refused until Docker stops it, is served by Portolan then, and by Docker again on the way back, %s',
    async (backend) => {
      await using lab = await labs.open()
      const docker = await startDocker(lab)
      const pilot = pilotOf(lab, backend)
      const server = async (): Promise<string | null> => {
        const probe = { protocol: 'tcp', destination: addresses.ip.host, port, timeoutMs: 2000 } as const
        const outcome = await lab.client.probe(probe)
        return outcome.delivered ? outcome.by : null
      }
      const up = async (): Promise<void> => {
        await docker.createNetwork({ name: 'shop_web' })
        await docker.run({ name: 'theirs', network: 'shop_web', publish: [`${port}:80`] })
      }
      const down = async (): Promise<void> => {
        await docker.remove('theirs')
        await docker.removeNetwork('shop_web')
      }
      await up()
      expect(await server()).toBe('theirs')
      const early = await pilot.run('apply', shop, '--fix', '--yes')
      expect([early.exitCode, early.stdout]).toEqual([3, expect.stringContaining('DnatShadows')])
      expect(await server()).toBe('theirs')
      await down()
      expect(await server()).toBeNull()

      // Docker itself runs on, and so does its policy on chain FORWARD. An accept of nftables does not override it.
      const plain = (await pilot.plan(shop)).conflicts.filter(({ severity }) => severity === 'error')
      expect(plain.map(({ kind }) => kind)).toEqual(backend === 'nftables' ? ['ForwardDropped'] : [])
      const plan = await pilot.applied(shop, '--fix')
      {
        await using nginx = await attach(lab, plan, 'nginx')
        expect(await server()).toBe(nginx.name)
        expect((await pilot.run('conflicts', shop)).stdout).toBe('No conflicts.\n')
      }
      await pilot.destroy()
      expect(await server()).toBeNull()
      await up()
      expect(await server()).toBe('theirs')
      expect(await lab.host.mustRun(['iptables-nft', '-S', 'DOCKER-USER'])).toBe(
        '-N DOCKER-USER\n-A DOCKER-USER -j RETURN\n',
      )
    },
  )
})
