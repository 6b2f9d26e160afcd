import type { HeldBlocks } from './held-blocks.ts'

/** Has another machine the name of this host in its cluster? It holds a block there by that name. */
export const isNameTaken = ({
  host,
  others = [],
}: {
  readonly host?: string
  readonly others?: readonly { readonly host: string }[]
}): boolean => host !== undefined && others.some((other) => other.host === host)

/** Why a host needs another name first, as `join` is refused by the one it has; null: that is its own. */
export const newNameText = ({
  cluster,
  ...own
}: Pick<HeldBlocks, 'cluster' | 'host' | 'others'>): string | null =>
  isNameTaken(own)
    ? `Another machine is ${own.host} in cluster ${cluster} now, and a name is of one machine. First give this host another one, in the place of NAME, and a block.`
    : null
