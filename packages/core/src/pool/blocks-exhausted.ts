import { bitsOf, InvalidRequestError, type PortolanError, parsePrefix, placeText } from '@portolan/netfilter'
import { blockPools, blocksFor, type HeldBlocks } from './held-blocks.ts'
import { newNameText } from './name-taken.ts'
import { readPool } from './parse-pool.ts'
import { PoolExhaustedError, rejectionText } from './pool-exhausted-error.ts'
import type { Rejection } from './rejection.ts'
import { wantedSize } from './settled-subnet.ts'
import type { SubnetWish } from './subnet-request.ts'

/** The arguments of `join` for a host that has lost its state directory: a sentence. */
export const withTakeover =
  'If the directory was lost, add --takeover, and --member with the name that this host had.'

/**
 * Why no subnet is free in the blocks of this host, and how the host gets more blocks.
 *
 * @param unpicked - this request, and all others that have no subnet yet
 */
export const blocksExhausted = (
  blocks: HeldBlocks,
  request: SubnetWish,
  unpicked: readonly SubnetWish[],
  rejected: readonly Rejection[],
): PortolanError => {
  const { cluster, host, pools, join } = blocks
  const { family, network } = request
  const place = request.place ?? null
  const at = place === null ? '' : `${placeText(place)}: `
  if (blocks.elsewhere !== undefined) return new InvalidRequestError(`${at}${blocks.elsewhere}`)
  if (pools === null)
    return new InvalidRequestError(
      host === undefined
        ? {
            problem: `${at}This host has not joined cluster ${cluster}, or its state directory was lost: it remembers no block to pick a subnet for network ${network} in.`,
            remedy: () => `Join it once: \`${join}\`. ${withTakeover}`,
          }
        : {
            problem: `${at}This host is ${host} in cluster ${cluster}, and its state directory remembers no block there to pick a subnet for network ${network} in.`,
            remedy: () => `Get its blocks back: \`${join} --takeover --member ${host}\`.`,
          },
    )
  const own = blockPools(blocks, family) ?? []
  const sizes = [...pools.map(readPool), ...own].flatMap(({ entries }) =>
    entries.flatMap(({ prefix, size }) => (prefix.family === family ? [size] : [])),
  )
  const length = sizes[0] ?? bitsOf({ family })
  const size = wantedSize(request)
  if (size !== null && size < Math.min(...sizes))
    return new InvalidRequestError({
      problem: `${at}A subnet of size /${size} was asked for network ${network}, and a block of cluster ${cluster} is a /${Math.min(...sizes)}: a subnet is inside one block.`,
      remedy: () => 'Ask for a smaller one, or name a pool outside the cluster.',
    })
  const wished = unpicked.filter((one) => one.family === family).map(wantedSize)
  const missing = blocksFor(wished, { length })
  const has =
    own.length === 0
      ? `This host has no ${family === 'ip' ? 'IPv4' : 'IPv6'} block of cluster ${cluster}, so no subnet can be picked for network ${network}.`
      : `No subnet is free for network ${network} in the blocks of this host in cluster ${cluster} (${rejectionText(rejected)}).`
  const claim = `\`${joinWithCount(join, own.length + missing)}\``
  const first = newNameText(blocks)
  const remedy =
    first === null
      ? `Claim ${missing === 1 ? 'one more' : `${missing} more`}, which asks etcd: ${claim}. Where it finds none free, it says what is in the way, and how to add a pool: take that away, allow its range (allowed: in /etc/portolan/config.yaml), or add one. Or leave the cluster's pools: name a subnet outside them, or a pool (--pool 10.9.0.0/16:24).`
      : blocks.takeover === undefined
        ? `${first} ${claim} does both, and says which networks have to move.`
        : `${first} That says which networks have to move.`
  const names = own.map(({ name }) => name)
  return new PoolExhaustedError(network, names, rejected, null, undefined, {
    problem: `${at}${has}${passedOver(blocks, family)}`,
    remedy: () => remedy,
  })
}

const passedOver = ({ leaving = [], cluster }: HeldBlocks, family: SubnetWish['family']): string => {
  const own = leaving.filter((block) => parsePrefix(block).family === family)
  if (own.length === 0) return ''
  const [it, are, them] = own.length === 1 ? ['Block', 'is', 'it'] : ['Blocks', 'are', 'them']
  return ` ${it} ${own.join(', ')} ${are} passed over: no pool of cluster ${cluster} has ${them} any more.`
}

/** The command that claims blocks, with the number of blocks of one family that this host should have then. */
export const joinWithCount = (join: string, count: number): string => `${join} --count ${count}`
