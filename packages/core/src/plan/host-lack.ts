import { memoryRemedy } from './refusal-remedies.ts'
import type { RunResult } from './runner.ts'

/**
 * Something that this host or process has no more of, so that no program starts, or a program fails.
 * @public @since 0.1.0
 */
export interface HostLack {
  /** As a clause, with the kernel's name of the error: `no memory is left (ENOMEM)`. */
  readonly why: string
  /** What to do, in whole sentences. */
  readonly mend: string
}

const noFiles: HostLack = {
  why: 'no more open files are allowed here (EMFILE)',
  mend: 'Close files, or raise the limit of open files (ulimit -n), and run this again.',
}

const noFilesOfSystem: HostLack = {
  why: 'this system has too many files open (ENFILE)',
  mend: 'End programs that keep many files open, or raise the sysctl fs.file-max, and run this again.',
}

const noMemory: HostLack = { why: 'no memory is left (ENOMEM)', mend: memoryRemedy }

const noProcesses: HostLack = {
  why: 'no more processes are allowed here (EAGAIN)',
  mend: 'End processes, or raise their limit (ulimit -u, or pids.max of the control group), and run this again.',
}

const lacks: ReadonlyMap<string, HostLack> = new Map([
  ['EMFILE', noFiles],
  ['ENFILE', noFilesOfSystem],
  ['ENOMEM', noMemory],
  ['EAGAIN', noProcesses],
])

/**
 * What a host lacks, by the name of the error with which the kernel started no program. Null: the error is about
 * something else.
 * @example
 * hostLack('ENOMEM')?.why // 'no memory is left (ENOMEM)'
 * @public @since 0.1.0
 */
export const hostLack = (code: string): HostLack | null => lacks.get(code) ?? null

/**
 * The words of programs for these errors: of the C library (`strerror`), of the loader of shared libraries, which
 * prints the number of the error, of nft (src/utils.c) and of iptables (libiptc.c `TC_STRERROR`). A program that does
 * not get the lock of iptables says "Resource temporarily unavailable" too, so these words alone mean no process.
 */
const words: readonly (readonly [RegExp, HostLack])[] = [
  [/Too many open files in system|shared object file: Error 23\b/, noFilesOfSystem],
  [/Too many open files|shared object file: Error 24\b/, noFiles],
  [
    /Cannot allocate memory|Memory allocation (failure|problem)|failed to map segment from shared object|shared object file: Error 12\b/,
    noMemory,
  ],
  [/\bfork\b.*Resource temporarily unavailable/, noProcesses],
]

/**
 * What a host lacks, by the words of a program that failed. Null: the program failed for another reason.
 * @example
 * lackOf({ exitCode: 1, stdout: '', stderr: 'iptables-save: Cannot initialize: Too many open files' })?.why
 * // 'no more open files are allowed here (EMFILE)'
 * @public @since 0.1.0
 */
export const lackOf = ({ stderr }: RunResult): HostLack | null =>
  words.find(([pattern]) => pattern.test(stderr))?.[1] ?? null
