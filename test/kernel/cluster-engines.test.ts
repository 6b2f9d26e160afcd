import { afterAll, beforeAll } from '@jest/globals'
import { type ClusterHostMachine, openClusterSite } from '../lab/cluster-site.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startDockerPlugin } from '../lab/neighbour/docker-plugin.ts'
import { engineRoom, useLegacyIptables } from '../lab/neighbour/engine-room.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import type { Running } from '../lab/run.ts'
import { untilRemembered } from './cluster/site-memory.ts'
import { besideDocker } from './cluster-engines/beside-docker.ts'
import type { DockerHost, EngineSite } from './cluster-engines/engine-site.ts'
import { leaving } from './cluster-engines/leaving.ts'
import { twoHosts } from './cluster-engines/two-hosts.ts'

const services: Running[] = []

const startDockerOn = async (
  host: ClusterHostMachine,
  backend: 'iptables-nft' | 'iptables-legacy',
): Promise<DockerHost> => {
  if (backend === 'iptables-legacy') await useLegacyIptables(host.lab)
  const plugin = await startDockerPlugin(host.lab, backend)
  const docker = await startDocker(host.lab, { 'userland-proxy': false, 'live-restore': true })
  return { ...host, plugin, docker }
}

describeBeside(
  'containers of Docker, Podman and a CNI runtime on the hosts of a cluster',
  ['docker', 'podman', 'etcd'],
  () => {
    let engineSite: EngineSite | null = null
    beforeAll(async () => {
      const site = await openClusterSite(3)
      const [one, two, three] = site.hosts
      if (one === undefined || two === undefined || three === undefined)
        throw new Error('three hosts are needed')
      await Promise.all(
        site.hosts.map(async ({ lab, machine }) => {
          await (await engineRoom(lab)).mustRun(['mkdir', '-p', '/etc/portolan'])
          await machine.writeText('/etc/portolan/config.yaml', `cluster: ${site.url}\n`)
        }),
      )
      await one.must('cluster', 'init', '--pool', '10.64.0.0/20:24', '--pool', 'fd00:1234::/56:64')
      const [dockers, podman] = await Promise.all([
        Promise.all([startDockerOn(one, 'iptables-nft'), startDockerOn(two, 'iptables-legacy')]),
        startPodman(three.lab),
      ])
      engineSite = { site, dockers, third: { ...three, podman }, webs: [] }
      // Does what the shipped services do.
      const joining = [one, two].map((host) => {
        const { start, machine } = host
        const service = start('cluster', 'join', '--watch', '--member', machine.name, '--count', '2')
        services.push(service)
        return untilRemembered(host, 4, 4, service)
      })
      await Promise.all(joining)
      await site.client.listen({ protocol: 'tcp', port: 90 })
    }, 180_000)
    afterAll(async () => {
      for (const service of services) service.kill('SIGTERM')
      for (const service of services) await service.outcome
      await engineSite?.site[Symbol.asyncDispose]()
    })
    const openedSite = (): EngineSite => {
      if (engineSite === null) throw new Error('the hosts have not been started')
      return engineSite
    }
    twoHosts(openedSite, services)
    besideDocker(openedSite)
    leaving(openedSite, services)
  },
)
