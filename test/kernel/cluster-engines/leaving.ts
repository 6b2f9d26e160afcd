import { expect, test } from '@jest/globals'
import type { Running } from '../../lab/run.ts'
import { routesOf, untilRoutes } from '../cluster/site-routes.ts'
import { type Here, meet, webOf } from './here.ts'

/** A host leaves the cluster. */
export const leaving = (opened: () => Here, services: Running[]): void => {
  test('a host that leaves is forgotten by the others, whose containers go on', async () => {
    const here = opened()
    const { third, dockers } = here
    const staying = services.pop()
    staying?.kill('SIGTERM')
    await staying?.outcome
    await third.podman.remove('web-h3')
    await third.podman.command('network', 'rm', 'web')
    // The journal of Podman's plugin stays but counts as no project, so this was the last project.
    await third.must('destroy', '-p', 'cni', '--yes')
    expect(await routesOf(third)).toEqual([])
    expect(JSON.parse(await third.must('cluster', 'release', '--json')).released).toHaveLength(4)
    for (const docker of dockers) await untilRoutes(docker, 'four routes', ({ length }) => length === 4)
    expect(await routesOf(third)).toEqual([])
    for (const name of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
      expect(await third.machine.sysctl(name)).toBe('0')
    await meet(webOf(here, 0), webOf(here, 1))
  }, 180_000)
}
