import { ApplyError } from '@portolan/netfilter'
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
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ERESTART: 85,
  EOPNOTSUPP: 95,
} as const

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(errors).map(([name, errno]): [number, string] => [errno, name]),
)

/** The errors which say that the rules have changed since the changes were planned. */
const stale: ReadonlySet<number> = new Set([errors.ENOENT, errors.EEXIST, errors.EBUSY, errors.ERESTART])

/** Turns the kernel's reply to a message of a batch into an error. */
export const refusal = (batch: Pick<Batch, 'commandOf'>, { sequence, errno }: Reply): Error => {
  const offending = batch.commandOf(sequence)
  const said = names.get(errno) ?? `errno ${errno}`
  const at = placeOf(offending)
  // Without the capability the kernel refuses the whole batch. For a table that another program owns, it refuses the
  // message.
  if (errno === errors.EPERM)
    return offending === null ? deniedError('change') : ownedError({ stderr: said, offending })
  if (stale.has(errno)) return staleError(`the kernel: ${said}${at}`)
  return new ApplyError(`The kernel refused the changes: ${said}${at}. Nothing was applied.`, {
    applied: [],
    stderr: said,
    offending,
  })
}
