import { expect, test } from '@jest/globals'
import { attach, type PlanJson } from '../../lab/attach.ts'
import type { Container } from '../../lab/container.ts'
import { type DockerHost, type Here, isMasqueraded, meet, webOf } from './here.ts'

const shop = `
name: shop
services: {web: {}}
networks: {default: {enable_ipv6: true}}
`

/** Applies a Compose project on a host, in the host's own block. */
const applied = async (host: DockerHost, backend: string) => {
  const words = ['-f', await host.write('compose.yaml', shop), '--backend', backend]
  await host.must('apply', ...words, '--yes')
  const plan = async (): Promise<PlanJson> =>
    JSON.parse((await host.portolan('plan', ...words, '--json')).stdout)
  const planned = await plan()
  const box: Container = await attach({ ...host, host: host.machine }, planned, 'web')
  return { planned, plan, box }
}

/** Compose projects beside dockerd. Docker's policy on FORWARD drops packets that another table accepts. */
export const besideDocker = (opened: () => Here): void => {
  test('what Docker drops between hosts is told, and comes through with the commands that are told with it', async () => {
    const here = opened()
    const [first, second] = here.dockers
    // Docker has bridges of its own as well.
    for (const { docker } of here.dockers) await docker.createNetwork({ name: 'own' })
    const web = webOf(here, 1)
    const { planned, plan, box } = await applied(first, 'nftables')
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
    await meet(box, web)
    await isMasqueraded(box, 11)

    // Rules of iptables-legacy come before Docker's rules.
    const other = await applied(second, 'iptables-legacy')
    expect(other.planned.conflicts).toEqual([])
    await meet(box, other.box)
  }, 180_000)
}
