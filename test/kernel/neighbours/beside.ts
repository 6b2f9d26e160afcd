import { expect, test } from '@jest/globals'
import { formatPrefix, parseAddress, prefixAround } from '@portolan/netfilter'
import { fromJson } from '../../from-json.ts'
import { attach, type PlanJson } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Container } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import { describeBeside } from '../../lab/neighbour/describe-beside.ts'
import { addresses } from '../../lab/topology.ts'
import { workerLabs } from '../../lab/worker-labs.ts'
import { mustSucceed, type Pilot, pilotOf } from '../lifecycle/pilot.ts'
import { expectPlanToAgree, ourPort, outsidePort, type PlanOutput, traffic } from './plan-and-traffic.ts'
import { type Program, programs } from './programs.ts'

const shop = (subnet?: string): string => `name: shop
services:
  nginx: { networks: [web], ports: ["${ourPort}:80"] }
networks:
  web: { enable_ipv6: true${subnet === undefined ? '' : `, ipam: { config: [{ subnet: ${subnet} }] }`} }
`

const plan = async (pilot: Pilot, compose = shop()): Promise<PlanOutput> =>
  (await pilot.plan(compose)) as unknown as PlanOutput

const expectTheirTraffic = async ({ ask, ask6 }: Program, when: string): Promise<void> => {
  const [ip, ip6] = await Promise.all([ask(), ask6?.() ?? null])
  const theirs = { by: 'theirs' }
  expect({ when, ip, ip6 }).toMatchObject({ when, ip: theirs, ip6: ip6 === null ? null : theirs })
}

/** Applies the shop and starts its container, and destroys all of it after `body`. */
const withOurs = async (lab: Lab, pilot: Pilot, body: (nginx: Container) => Promise<void>): Promise<void> => {
  const { stdout } = await pilot.apply(shop(), '--force', '--json')
  await using nginx = await attach(lab, fromJson<PlanJson>(stdout), 'nginx')
  await body(nginx)
  mustSucceed('destroy', await pilot.destroy())
}

/**
 * Tests one program on one host in every order: it starts after Portolan, it was there before, it restarts, it reloads.
 * Live traffic decides.
 */
export const testBeside = (names: readonly (keyof typeof programs)[], backend: Backend): void => {
  for (const name of names) {
    describeBeside(`beside ${name}, ${backend}`, [programs[name].installs], () => {
      test('traffic of both passes, whichever starts first, or a conflict says why not', async () => {
        await using lab = await workerLabs().open()
        await lab.outside.listen({ protocol: 'tcp', port: outsidePort })
        const pilot = pilotOf(lab, backend)
        const started: Program[] = []
        await withOurs(lab, pilot, async (nginx) => {
          const later = await programs[name].start(lab)
          await expectTheirTraffic(later, 'started after Portolan')
          expectPlanToAgree(await traffic(lab, nginx), await plan(pilot))
          started.push(later)
        })
        for (const program of started) {
          await expectTheirTraffic(program, 'after destroy')
          await withOurs(lab, pilot, (nginx) => expectTrafficAfterRenewals(lab, pilot, nginx, program))
          await expectTheirTraffic(program, 'after the second destroy')
          await expectCollisions(lab, pilot, program)
        }
      })
    })
  }
}

const expectTrafficAfterRenewals = async (
  lab: Lab,
  pilot: Pilot,
  nginx: Container,
  program: Program,
): Promise<void> => {
  await expectTheirTraffic(program, 'there before Portolan')
  let before = await traffic(lab, nginx)
  expectPlanToAgree(before, await plan(pilot))
  for (const [what, renew] of Object.entries(program.renewals)) {
    await renew()
    await expectTheirTraffic(program, what)
    const after = await traffic(lab, nginx)
    // A plan takes long. While the traffic is unchanged, the earlier plan stays true.
    if (JSON.stringify(after) !== JSON.stringify(before)) expectPlanToAgree(after, await plan(pilot))
    before = after
  }
}

/** An interface as `ip -j addr` prints it. */
interface Link {
  readonly addr_info: readonly [{ readonly local: string; readonly prefixlen: number }]
}

/** Expects that a subnet or host port of the program is refused before anything is applied. */
const expectCollisions = async (lab: Lab, pilot: Pilot, { publish, bridge }: Program): Promise<void> => {
  if (bridge === null) return
  await publish?.(ourPort)
  const [link] = fromJson<[Link]>(await lab.host.mustRun(['ip', '-j', '-4', 'addr', 'show', 'dev', bridge]))
  const [{ local, prefixlen }] = link.addr_info
  const subnet = formatPrefix(prefixAround(parseAddress(local), prefixlen))
  const errors = (planned: PlanOutput): readonly string[] =>
    planned.conflicts.filter(({ severity }) => severity === 'error').map(({ kind }) => kind)
  expect(errors(await plan(pilot, shop(subnet)))).toContain('SubnetOverlap')
  if (publish === null) return
  const asked = { protocol: 'tcp', destination: addresses.ip.host, port: ourPort, timeoutMs: 2000 } as const
  expect(await lab.client.reach(asked)).toMatchObject({ by: `theirs-${ourPort}` })
  const taken = ['HostPortTaken', 'DnatShadows', 'DnatShadowed']
  expect(errors(await plan(pilot)).filter((kind) => taken.includes(kind))).not.toEqual([])
}
