import type { HeldBlocks } from './held-blocks.ts'
import { holderOf } from './holder-of.ts'

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
  `If no other machine was given the name ${host}, the ${host} in etcd is this host's own earlier record. Once nothing has kept it alive for a minute, \`${takeover}\` gets its blocks back, and their networks stay.`

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
    ? `Another machine now has the name ${host} in cluster ${cluster}, and two machines cannot have one name. First give this host another name in place of NAME, and a block.`
    : `etcd lost data, and the records that are left give the name ${host} in cluster ${cluster} to another machine. ${takeoverText(host, takeover)} If another machine has the name, first give this host another name in place of NAME, and a block: \`${join}\`.`
}
