import { expect } from '@jest/globals'
import { type ClusterHostMachine, type ClusterSite, clusterAddress } from '../../lab/cluster-site.ts'
import type { Machine } from '../../lab/machine.ts'
import type { Docker } from '../../lab/neighbour/docker.ts'
import type { DockerPlugin } from '../../lab/neighbour/docker-plugin.ts'
import type { Podman } from '../../lab/neighbour/podman.ts'

/** A host with dockerd and Portolan's plugin. */
export interface DockerHost extends ClusterHostMachine {
  readonly plugin: DockerPlugin
  readonly docker: Docker
}

/**
 * Three hosts of one cluster. Docker writes its rules with iptables-nft on the first host, and with iptables-legacy on
 * the second. The third host has Podman with netavark, and joins later.
 */
export interface EngineSite {
  readonly site: ClusterSite
  readonly dockers: readonly [DockerHost, DockerHost]
  readonly third: ClusterHostMachine & { readonly podman: Podman }
  /** One container on each host, in the order of the hosts. */
  readonly webs: AddressedContainer[]
}

/** A container with its addresses. */
export interface AddressedContainer extends Machine {
  readonly address: string | null
  readonly address6: string | null
}

/** The container with port 80 on the first, second or third host. */
export const webOf = ({ webs }: EngineSite, at: number): AddressedContainer => {
  const web = webs[at]
  if (web === undefined) throw new Error(`host ${at + 1} has no container yet`)
  return web
}

const addressesOf = ({ address, address6 }: AddressedContainer): readonly string[] => [
  address ?? '',
  address6 ?? '',
]

/** Expects that two containers reach each other, in both families, and see each other's own source address. */
export const expectMutualReach = async (
  one: AddressedContainer,
  other: AddressedContainer,
): Promise<void> => {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const)
    for (const [at, destination] of addressesOf(to).entries())
      expect(await from.reach({ protocol: 'tcp', destination, port: 80 })).toMatchObject({
        delivered: true,
        by: to.name,
        source: addressesOf(from)[at],
      })
}

export const families = ['ip', 'ip6'] as const

/** Expects that a published port of a host leads a machine outside the cluster to a container. */
export const expectPublished = async (
  { site: { client } }: EngineSite,
  last: number,
  port: number,
  { name }: AddressedContainer,
): Promise<void> => {
  for (const family of families)
    expect(
      await client.reach({ protocol: 'tcp', destination: clusterAddress(last, family), port }),
    ).toMatchObject({ by: name, source: clusterAddress(9, family) })
}

/** Expects that the client sees the container with the address of its host. */
export const expectMasqueraded = async (from: Machine, last: number): Promise<void> => {
  for (const family of families)
    expect(
      await from.reach({ protocol: 'tcp', destination: clusterAddress(9, family), port: 90 }),
    ).toMatchObject({ by: 'client', source: clusterAddress(last, family) })
}

/** Expects that a machine outside the cluster does not reach the container, though it has a route. */
export const expectClosed = async (
  { site: { client } }: EngineSite,
  to: AddressedContainer,
  last: number,
): Promise<void> => {
  for (const [at, family] of families.entries()) {
    const destination = addressesOf(to)[at] ?? ''
    await client.ip(`route replace ${destination} via ${clusterAddress(last, family)}`)
    expect(await client.probe({ protocol: 'tcp', destination, port: 80 })).toMatchObject({ delivered: false })
  }
}
