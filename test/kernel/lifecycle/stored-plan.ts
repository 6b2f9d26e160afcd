import { expect, test } from '@jest/globals'
import { attach, type PlanJson } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { inHost } from './in-host.ts'
import { shop } from './pilot.ts'

/** A plan is data: it can be stored as JSON and applied later. It is refused when the host has changed meanwhile. */
export const storedPlans = (open: OpenLab, backend: Backend): void => {
  const plan = (text: string): string => `
    const { apply, plan, planFromJson, readCompose } = await import('portolan')
    const planned = (text) => plan(readCompose(text, { source: 'compose.yaml' }), { backend: '${backend}' })
    const first = JSON.stringify(await planned(${JSON.stringify(text)}))
    await apply(planFromJson(first))
    const after = await planned(${JSON.stringify(text)})
    const refused = await attempt(apply(planFromJson(first)))`

  test('puts its ports into force, and is refused the second time', async () => {
    const lab = await open()
    const seen = await inHost(
      lab,
      backend,
      `${plan(shop())}
      report({ refused, left: after.changes.length, plan: JSON.parse(first) })`,
    )
    const { refused, left, plan: stored } = seen as { refused: string; left: number; plan: PlanJson }
    expect({ refused, left }).toEqual({ refused: 'STALE_STATE', left: 0 })
    await attach(lab, stored, 'nginx')
    for (const family of ['ip', 'ip6'] as const) {
      const probe = {
        protocol: 'tcp',
        destination: addresses[family].host,
        port: 8080,
        timeoutMs: 3000,
      } as const
      expect(await lab.client.reach(probe)).toMatchObject({ delivered: true, by: 'nginx' })
    }
  })

  test('applies too where it changes rules in force', async () => {
    const lab = await open()
    const [small, large] = [shop(['8080:80']), shop(['8080:80', '9000-9010:9000-9010'])]
    const left = await inHost(
      lab,
      backend,
      `${plan(small)}
      await apply(planFromJson(JSON.stringify(await planned(${JSON.stringify(large)}))))
      report((await planned(${JSON.stringify(large)})).changes.length)`,
    )
    expect(left).toBe(0)
  })
}
