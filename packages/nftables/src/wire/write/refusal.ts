import { memoryRemedy, unknownRemedy } from '@portolan/core'
import { ApplyError, type Wording } from '@portolan/netfilter'
import { deniedError, ownedError, placeOf, staleError } from '../../apply/failure.ts'
import type { Reply } from '../reply.ts'
import type { Batch } from './batch.ts'

/**
 * Error numbers (include/uapi/asm-generic/errno-base.h and errno.h). ERESTART: the rules are of another generation than
 * the batch names.
 */
const errors = {
  EPERM: 1,
  ENOENT: 2,
  ENOMEM: 12,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ENFILE: 23,
  ENOSPC: 28,
  EMLINK: 31,
  ELOOP: 40,
  ERESTART: 85,
  EOPNOTSUPP: 95,
  ENOBUFS: 105,
} as const

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(errors).map(([name, errno]): [number, string] => [errno, name]),
)

/** The errors which say that the rules have changed since the changes were planned. */
const stale: ReadonlySet<number> = new Set([errors.ENOENT, errors.EEXIST, errors.EBUSY, errors.ERESTART])

/**
 * Turns the kernel's reply to a message of a batch into an error.
 *
 * @param isOfGeneration - the batch names the generation of the rules. The kernel refuses such a batch with ERESTART if
 * the rules have changed (`nf_tables_valid_genid`), so its ENOENT is about a part of the kernel: an expression or a set
 * type without a module (`nft_expr_type_get`)
 */
export const refusal = (
  batch: Pick<Batch, 'commandOf'>,
  { sequence, errno }: Reply,
  isOfGeneration = false,
): Error => {
  const offending = batch.commandOf(sequence)
  const said = names.get(errno) ?? `errno ${errno}`
  const at = placeOf(offending)
  // Without the capability the kernel refuses the whole batch. For a table that another program owns, it refuses the
  // message.
  if (errno === errors.EPERM)
    return offending === null ? deniedError('change') : ownedError({ stderr: said, offending })
  const isLacking = isOfGeneration && errno === errors.ENOENT
  if (stale.has(errno) && !isLacking) return staleError(`the kernel: ${said}${at}`)
  const { why, mend } = refusals.get(errno) ?? { why: 'it does not say why', mend: again }
  return new ApplyError(
    {
      problem: `The kernel refused the changes: ${why} (${said})${at}. Nothing was applied.`,
      remedy: mend,
    },
    { applied: [], stderr: said, offending },
  )
}

interface Refused {
  readonly why: string
  readonly mend: (wording: Wording) => string
}

const again = (): string => unknownRemedy

const elsewhere = ({ backend }: Wording): string =>
  `Use a kernel that has it, with its modules for nftables (nft_*).${backend === null ? '' : ` Or leave the backend nftables: ${backend}.`}`

const noMemory: Refused = {
  why: 'it had no memory for them',
  mend: () => memoryRemedy,
}

const noRoom: Refused = {
  why: 'there is no room for one more',
  mend: () => 'Remove what is not needed any more, and run this again.',
}

/** NFT_JUMP_STACK_SIZE (net/netfilter/nf_tables_api.c, `nft_chain_validate`). */
const tooDeep: Refused = {
  why: 'chains would lead to one another in a circle, or in more than 16 steps',
  mend: again,
}

const refusals: ReadonlyMap<number, Refused> = new Map([
  [errors.ENOENT, { why: 'this kernel does not have a part that they use', mend: elsewhere }],
  [errors.EOPNOTSUPP, { why: 'this kernel cannot do what they ask for', mend: elsewhere }],
  [errors.EINVAL, { why: 'this kernel does not take one of their values', mend: elsewhere }],
  [errors.ENOMEM, noMemory],
  [errors.ENOBUFS, noMemory],
  [errors.ENFILE, noRoom],
  [errors.ENOSPC, noRoom],
  [errors.EMLINK, tooDeep],
  [errors.ELOOP, tooDeep],
])
