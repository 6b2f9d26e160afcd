import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { attach, type PlanJson } from '../../lab/attach.ts'
import type { Container } from '../../lab/container.ts'
import {
  type DockerHost,
  type EngineSite,
  expectMasqueraded,
  expectMutualReach,
  webOf,
} from './engine-site.ts'

const shop = `
name: shop
services: {web: {}}
networks: {default: {enable_ipv6: true}}
`

/** Applies a Compose project on a host, in the host's own block. */
const applyShop = async (host: DockerHost, backend: string) => {
  const words = ['-f', await host.write('compose.yaml', shop), '--backend', backend]
  await host.must('apply', ...words, '--yes')
  const plan = async (): Promise<PlanJson> =>
    fromJson<Promise<PlanJson>>((await host.portolan('plan', ...words, '--json')).stdout)
  const planned = await plan()
  const box: Container = await attach({ ...host, host: host.machine }, planned, 'web')
  return { planned, plan, box }
}

/** Compose projects beside dockerd. Docker's policy on FORWARD drops packets that another table accepts. */
export const besideDocker = (opened: () => EngineSite): void => {
  test('traffic between hosts that Docker drops is a conflict, and passes after the printed commands', async () => {
    const engineSite = opened()
    const [first, second] = engineSite.dockers
    // Docker has bridges of its own as well.
    for (const { docker } of engineSite.dockers) await docker.createNetwork({ name: 'own' })
    const web = webOf(engineSite, 1)
    const { planned, plan, box } = await applyShop(first, 'nftables')
    const { conflicts } = planned
    expect(conflicts.map(({ kind }) => kind).sort()).toEqual([
      ...['EgressDropped', 'EgressDropped', 'NetworkDropped', 'NetworkDropped'],
    ])
    for (const [from, to] of [
      [box, web],
      [web, box],
    ] as const)
      for (const destination of [to.address ?? '', to.address6 ?? ''])
        expect(await from.probe({ protocol: 'tcp', destination, port: 80 })).toMatchObject({
          delivered: false,
        })
    for (const command of conflicts.flatMap(({ remedy }) => remedy?.commands ?? []))
      await first.machine.mustRun(['sh', '-c', command])
    expect((await plan()).conflicts).toEqual([])
    await expectMutualReach(box, web)
    await expectMasqueraded(box, 11)

    // Rules of iptables-legacy come before Docker's rules.
    const other = await applyShop(second, 'iptables-legacy')
    expect(other.planned.conflicts).toEqual([])
    await expectMutualReach(box, other.box)
  }, 180_000)
}
