import { getSystemErrorMap } from 'node:util'
import { memoryRemedy, unknownRemedy } from '@portolan/core'
import { ApplyError, PermissionError } from '@portolan/netfilter'
import {
  EACCES,
  EBUSY,
  EEXIST,
  EINVAL,
  ENOBUFS,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENXIO,
  EOPNOTSUPP,
  EPERM,
} from './errno.ts'

/** Why the kernel refuses a change, and what to do. `why` is a clause, `mend` a sentence or more. */
export interface Refused {
  readonly why: string
  readonly mend: string
}

/** What the errors of one change mean, by errno. */
export type Refusals = Readonly<Record<number, Refused>>

/** The kernel's own words for an errno: `EPERM: operation not permitted`. */
export const errnoText = (errno: number): string => {
  const [name, text] = getSystemErrorMap().get(-errno) ?? []
  return name === undefined ? `errno ${errno}` : `${name}: ${text}`
}

/**
 * The error for a change that the kernel refused. `does` completes "Could not ...".
 *
 * @param refusals - what the errors of this change mean; for the others stands what they mean for each change
 */
export const changeError = (
  does: string,
  errno: number,
  applied: readonly string[],
  refusals: Refusals = {},
): Error => {
  if (errno === EPERM)
    return new PermissionError(
      {
        problem: `Could not ${does}: that needs the capability CAP_NET_ADMIN.`,
        remedy: () => 'Run this as root.',
      },
      'CAP_NET_ADMIN',
    )
  const { why, mend } = refusals[errno] ??
    usual[errno] ?? { why: `the kernel refused it (${errnoText(errno)})`, mend: unknownRemedy }
  return new ApplyError(
    { problem: `Could not ${does}: ${why}.`, remedy: () => mend },
    { applied, stderr: errnoText(errno) },
  )
}

const noMemory = (name: string): Refused => ({
  why: `the kernel had no memory for it (${name})`,
  mend: memoryRemedy,
})

const gone = (name: string): Refused => ({
  why: `an interface that it is about is not there any more (${name})`,
  mend: 'Find out which program removed it, and run this again.',
})

const usual: Refusals = {
  [ENOENT]: {
    why: 'what it is about is not there any more (ENOENT)',
    mend: 'Find out which program removed it, and run this again.',
  },
  [ENXIO]: gone('ENXIO'),
  [ENODEV]: gone('ENODEV'),
  [ENOMEM]: noMemory('ENOMEM'),
  [ENOBUFS]: noMemory('ENOBUFS'),
  [EACCES]: {
    why: 'the kernel, or a security module such as SELinux, does not allow it (EACCES)',
    mend: 'Look for the reason in the log of the kernel (dmesg), and run this again.',
  },
  [EBUSY]: {
    why: 'another link, or another program, is using the interface (EBUSY)',
    mend: 'Release it ("ip -d link" shows what it belongs to), and run this again.',
  },
  [EEXIST]: {
    why: 'another program made the same one meanwhile (EEXIST)',
    mend: 'Find out which program that was, and run this again.',
  },
  [EINVAL]: { why: 'the kernel does not take one of the values (EINVAL)', mend: unknownRemedy },
  [ENOSPC]: {
    why: 'the kernel has no room for one more (ENOSPC)',
    mend: 'Remove what is not needed any more, and run this again.',
  },
  [EOPNOTSUPP]: {
    why: 'this kernel, or the driver of the interface, cannot do that (EOPNOTSUPP)',
    mend: 'Use an interface of another kind, or a kernel that can do it.',
  },
}
