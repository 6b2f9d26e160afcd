import { holderOf } from '../block/holder-of.ts'
import type { HeldBlocks } from './held-blocks.ts'

/** Does another machine hold a block of the cluster under the name of this host? */
export const isNameTaken = ({
  host,
  others = [],
}: {
  readonly host?: string
  readonly others?: readonly { readonly host: string }[]
}): boolean => host !== undefined && others.some((other) => other.host === host)

/**
 * May the machine with this host's name be this host itself, before its blocks were taken over? It may be, if a store
 * that has lost data says that a block which this host remembers belongs to that name.
 */
export const mayBeItself = ({
  host,
  others = [],
  disputed = [],
}: Pick<HeldBlocks, 'host' | 'others' | 'disputed'>): boolean =>
  host !== undefined && disputed.some((block) => holderOf(block, others)?.host === host)

/**
 * Tells how a host that may itself be the machine with its name gets its blocks back: a sentence. This way comes before
 * another name, because no network has to move.
 *
 * @param takeover - the command
 */
export const takeoverText = (host: string, takeover: string): string =>
  `If no other machine was given the name ${host}, the ${host} that etcd has is this host as it was before: once nothing has kept it alive for a minute, \`${takeover}\` gets back the blocks that it has, and their networks stay.`

/**
 * Why this host needs another name before it claims blocks: `join` refuses a name that another machine has. Null: the
 * name is its own.
 */
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
