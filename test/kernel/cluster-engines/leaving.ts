import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Running } from '../../lab/run.ts'
import { routesOf, untilRoutes } from '../cluster/site-routes.ts'
import { type EngineSite, expectMutualReach, webOf } from './engine-site.ts'

/** A host leaves the cluster. */
export const leaving = (opened: () => EngineSite, services: Running[]): void => {
  test('the other hosts remove the routes to a host that leaves, and their containers still reach each other', async () => {
    const engineSite = opened()
    const { third, dockers } = engineSite
    const staying = services.pop()
    staying?.kill('SIGTERM')
    await staying?.outcome
    await third.podman.remove('web-h3')
    await third.podman.command('network', 'rm', 'web')
    // The journal of Podman's plugin stays but counts as no project, so this was the last project.
    await third.must('destroy', '-p', 'cni', '--yes')
    expect(await routesOf(third)).toEqual([])
    expect(
      fromJson<{ readonly released: unknown }>(await third.must('cluster', 'release', '--json')).released,
    ).toHaveLength(4)
    for (const docker of dockers) await untilRoutes(docker, 'four routes', ({ length }) => length === 4)
    expect(await routesOf(third)).toEqual([])
    for (const name of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
      expect(await third.machine.sysctl(name)).toBe('0')
    await expectMutualReach(webOf(engineSite, 0), webOf(engineSite, 1))
  }, 180_000)
}
