import { findLostBlocks } from '@portolan/core/planning'
import { defaultStateDirectory } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { type LiveHost, readConfig } from 'portolan'
import { blocksHere } from '../attachment/blocks-here.ts'
import type { PodmanNetwork } from './read-input.ts'
import { wording } from './wording.ts'

/**
 * Refuses to make a network in a block that this host has lost. The subnet is in Podman's file, so only Podman can give
 * the network another one. Containers on an existing network of this kind stay on it.
 * @throws PortolanError `CONFLICTS`
 */
export const refuseLost = async (
  host: Pick<LiveHost, 'networks'>,
  { name, subnets }: PodmanNetwork,
): Promise<void> => {
  if (host.networks().some((one) => one.name === name)) return
  const blocks = await blocksHere(readConfig(), defaultStateDirectory())
  if (blocks === null) return
  const named = (subnets ?? []).map(({ subnet }) => subnet)
  const [first] = findLostBlocks({ network: name, subnets: named }, blocks, true, wording)
  if (first === undefined) return
  const { text, commands } = first.remedy
  throw new PortolanError('CONFLICTS', {
    problem: first.message,
    remedy: () => [text, ...commands].join('\n'),
  })
}
