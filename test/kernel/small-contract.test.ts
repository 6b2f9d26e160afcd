import { expect, test } from '@jest/globals'
import { attach } from '../lab/attach.ts'
import { addresses } from '../lab/topology.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { pilotOf, shop } from './lifecycle/pilot.ts'

// A short form of the contract, where the whole one would take too long: user-namespace.test.ts runs it.
describeLifecycle('the contract of a published port, in short', 'nftables', (open, backend) => {
  test.each(['ip', 'ip6'] as const)(
    'the port answers clients of every kind, and is the only way to the container, over %s',
    async (family) => {
      const lab = await open()
      await lab.outside.listen({ protocol: 'tcp', port: 7000 })
      const pilot = pilotOf(lab, backend)
      const plan = await pilot.applied(shop())
      const nginx = await attach(lab, plan, 'nginx')
      const worker = await attach(lab, plan, 'worker')
      await pilot.apply(shop())
      expect((await pilot.plan(shop())).changes).toEqual([])

      const at = addresses[family]
      const container = (family === 'ip' ? nginx.address : nginx.address6) ?? ''
      const published = { protocol: 'tcp', destination: at.host, port: 8080, timeoutMs: 3000 } as const
      expect(await lab.client.reach(published)).toMatchObject({ by: 'nginx', port: 80, source: at.client })
      expect(await lab.host.reach(published)).toMatchObject({ by: 'nginx' })
      expect(await worker.reach(published)).toMatchObject({ by: 'nginx' })
      expect(await nginx.reach(published)).toMatchObject({ by: 'nginx' })
      expect(await nginx.reach({ protocol: 'tcp', destination: at.outside, port: 7000 })).toMatchObject({
        by: 'outside',
        source: at.hostOutside,
      })
      await nginx.arrivals({ clear: true })
      const direct = await lab.neighbour.probe({ protocol: 'tcp', destination: container, port: 80 })
      expect(direct).toMatchObject({ delivered: false, how: 'timeout' })
      expect((await nginx.arrivals()).filter(({ port }) => port === 80)).toEqual([])
    },
  )
})
