import { holderOf } from '../block/holder-of.ts'
import type { HeldBlocks } from './held-blocks.ts'

/** Has another machine the name of this host in its cluster? It holds a block there by that name. */
export const isNameTaken = ({
  host,
  others = [],
}: {
  readonly host?: string
  readonly others?: readonly { readonly host: string }[]
}): boolean => host !== undefined && others.some((other) => other.host === host)

/**
 * May the machine that has the name of this host be this host itself, as it was before its blocks were taken over? A store that
 * has lost data says of a block which this host remembers that it is of the same name.
 */
export const mayBeItself = ({
  host,
  others = [],
  disputed = [],
}: Pick<HeldBlocks, 'host' | 'others' | 'disputed'>): boolean =>
  host !== undefined && disputed.some((block) => holderOf(block, others)?.host === host)

/**
 * What gets the blocks of a host back that may itself be the machine which has its name: a sentence. No network moves then, so
 * it comes before what gives the host another name.
 *
 * @param takeover - the command
 */
export const takeoverText = (host: string, takeover: string): string =>
  `If no other machine was given the name ${host}, the ${host} that etcd has is this host as it was before: once nothing has kept it alive for a minute, \`${takeover}\` gets back the blocks that it has, and their networks stay.`

/** Why a host needs another name first, as `join` is refused by the one it has; null: that is its own. */
export const newNameText = ({
  cluster,
  join,
  takeover,
  ...own
}: Pick<HeldBlocks, 'cluster' | 'host' | 'others' | 'join' | 'takeover'>): string | null => {
  if (!isNameTaken(own)) return null
  const { host = '' } = own
  return takeover === undefined
    ? `Another machine is ${host} in cluster ${cluster} now, and a name is of one machine. First give this host another one, in the place of NAME, and a block.`
    : `etcd lost data, and by what is left another machine is ${host} in cluster ${cluster}. ${takeoverText(host, takeover)} If another machine has the name, first give this host another one, in the place of NAME, and a block: \`${join}\`.`
}
