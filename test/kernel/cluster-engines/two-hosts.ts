import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { ClusterHostMachine } from '../../lab/cluster-site.ts'
import { createMachine } from '../../lab/machine.ts'
import { createPluginNetwork, subnetsOf } from '../../lab/neighbour/docker-network.ts'
import type { Running } from '../../lab/run.ts'
import { untilRemembered } from '../cluster/site-memory.ts'
import { untilRoutes } from '../cluster/site-routes.ts'
import {
  type AddressedContainer,
  type EngineSite,
  expectClosed,
  expectMasqueraded,
  expectMutualReach,
  expectPublished,
  webOf,
} from './engine-site.ts'

const cni = fileURLToPath(new URL('../../../packages/cni/bin/portolan-cni.js', import.meta.url))

/** A container that a runtime hands to the CNI plugin. */
const addPod = async ({ lab, machine }: ClusterHostMachine, name: string): Promise<AddressedContainer> => {
  const pod = lab.use(await createMachine(name))
  const config = { cniVersion: '1.1.0', name: 'pods', type: 'portolan-cni', ipv6: true, backend: 'nftables' }
  const result = await machine.mustRun([process.execPath, cni], {
    input: JSON.stringify(config),
    environment: {
      ...{ NODE_OPTIONS: '', CNI_COMMAND: 'ADD', CNI_PATH: '/opt/cni/bin', CNI_CONTAINERID: name },
      ...{ CNI_NETNS: `/proc/${pod.pid}/ns/net`, CNI_IFNAME: 'eth0' },
    },
  })
  const [address = '', address6 = ''] = JSON.parse(result).ips.map((one: { readonly address: string }) =>
    one.address.replace(/\/\d+$/, ''),
  )
  await pod.listen({ protocol: 'tcp', port: 80 })
  return { ...pod, address, address6 }
}

/** Docker on two hosts; Podman and the CNI plugin on a third host that joins later. */
export const twoHosts = (opened: () => EngineSite, services: Running[]): void => {
  test('containers of Docker on two hosts reach each other with their own source, and are published, masqueraded and closed as without a cluster', async () => {
    const { dockers, webs } = opened()
    for (const { docker, machine } of dockers) {
      await createPluginNetwork(docker, 'web', { ipv6: true })
      expect(await subnetsOf(docker, 'web')).toMatchObject([
        { Subnet: expect.stringMatching(/^10\.64\.\d+\.0\/24$/) },
        { Subnet: expect.stringMatching(/^fd00:1234:0:[0-9a-f]+::\/64$/) },
      ])
      webs.push(await docker.run({ name: `web-${machine.name}`, network: 'web', publish: ['8080:80'] }))
    }
    await expectMutualReach(webOf(opened(), 0), webOf(opened(), 1))
    for (const at of [0, 1]) {
      await expectPublished(opened(), 11 + at, 8080, webOf(opened(), at))
      await expectMasqueraded(webOf(opened(), at), 11 + at)
      await expectClosed(opened(), webOf(opened(), at), 11 + at)
    }
  }, 180_000)

  test('a host with Podman and CNI that joins later is reached without a call of Docker', async () => {
    const engineSite = opened()
    const { dockers, third, webs } = engineSite
    for (const { start } of dockers) services.push(start('watch', '-p', 'docker'))
    const joining = third.start('cluster', 'join', '--watch', '--member', 'h3', '--count', '2')
    services.push(joining)
    await untilRemembered(third, 4, 8, joining)
    for (const docker of dockers) await untilRoutes(docker, 'eight routes', ({ length }) => length === 8)
    const { podman } = third
    await podman.createNetwork('web', '--driver=portolan', '--ipv6')
    webs.push(await podman.run({ name: 'web-h3', network: 'web', publish: ['8080:80'] }))
    const pod = await addPod(third, 'pod-h3')
    for (const at of [0, 1])
      for (const other of [webOf(engineSite, 2), pod]) await expectMutualReach(webOf(engineSite, at), other)
    await expectPublished(engineSite, 13, 8080, webOf(engineSite, 2))
    for (const one of [webOf(engineSite, 2), pod]) await expectMasqueraded(one, 13)
    await expectClosed(engineSite, webOf(engineSite, 2), 13)
  }, 180_000)

  test('containers reach each other while the Docker plugin is killed, and a container that starts after it reaches the cluster', async () => {
    const engineSite = opened()
    const [one] = engineSite.dockers
    await one.plugin.stop('SIGKILL')
    await expectMutualReach(webOf(engineSite, 0), webOf(engineSite, 2))
    await one.plugin.start()
    const next = await one.docker.run({ name: 'next-h1', network: 'web', publish: ['8081:80'] })
    await expectMutualReach(next, webOf(engineSite, 1))
    await expectPublished(engineSite, 11, 8081, next)
    await one.docker.remove('next-h1')
  }, 180_000)
}
