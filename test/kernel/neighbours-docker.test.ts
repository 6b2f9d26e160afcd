import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { attach, type PlanJson } from '../lab/attach.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { pilotOf } from './lifecycle/pilot.ts'
import { testBeside } from './neighbours/beside.ts'
import {
  expectPlanToAgree,
  ourPort,
  outsidePort,
  type PlanOutput,
  traffic,
} from './neighbours/plan-and-traffic.ts'

const labs = workerLabs()

testBeside(['docker', 'docker with live-restore'], 'nftables')
testBeside(['docker'], 'iptables-nft')
testBeside(['docker with iptables-legacy'], 'iptables-legacy')

const shop = `name: shop
services:
  nginx: { networks: [web], ports: ["${ourPort}:80"] }
networks: { web: {} }
`

describeBeside('beside a Docker that is stopped', ['docker'], () => {
  test.each(['nftables', 'iptables-nft'] as const)(
    'the plan avoids the subnet of Docker, its conflicts agree with the traffic, and Docker has its port again after destroy, %s',
    async (backend) => {
      await using lab = await labs.open()
      await lab.outside.listen({ protocol: 'tcp', port: outsidePort })
      const docker = await startDocker(lab, { 'userland-proxy': false })
      await docker.run({ name: 'theirs', publish: [`${ourPort}:80`] })
      const asked = {
        protocol: 'tcp',
        destination: addresses.ip.host,
        port: ourPort,
        timeoutMs: 2000,
      } as const
      expect(await lab.client.reach(asked)).toMatchObject({ by: 'theirs' })
      await docker.stop()

      const pilot = pilotOf(lab, backend)
      const { stdout } = await pilot.apply(shop, '--force', '--json')
      const plan = fromJson<PlanJson>(stdout)
      expect(plan.subnets.map(({ subnet }) => subnet)).not.toContain('172.17.0.0/16')
      await using nginx = await attach(lab, plan, 'nginx')
      const planned = async (): Promise<PlanOutput> => (await pilot.plan(shop)) as unknown as PlanOutput
      expectPlanToAgree(await traffic(lab, nginx), await planned())

      await docker.start()
      await docker.enter({ name: 'theirs' })
      // Both programs want the port now. That is an error, whichever of them has it.
      const taken = (await planned()).conflicts.filter(({ severity }) => severity === 'error')
      expect(taken.map(({ kind }) => kind)).toContainEqual(expect.stringMatching(/^(Dnat|HostPortTaken)/))
      await pilot.destroy()
      expect(await lab.client.reach(asked)).toMatchObject({ by: 'theirs' })
    },
  )
})
