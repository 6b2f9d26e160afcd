/**
 * The exit codes of the command, and what each means. People build on these numbers. Help, the man page and
 * docs/command.md say the same.
 */
export const exitCodes = {
  ok: { code: 0, meaning: 'done or nothing to do' },
  error: { code: 1, meaning: 'error' },
  changes: { code: 2, meaning: 'there are changes' },
  conflicts: { code: 3, meaning: 'conflicts that block' },
  exhausted: { code: 4, meaning: 'no free subnet (portolan subnet alone; a plan ends with 1)' },
  /** 128 and the number of SIGINT, as a shell reports a program that Control-C ended. */
  interrupted: { code: 130, meaning: 'Control-C before anything was changed' },
} as const

type Ending = keyof typeof exitCodes

export const exitCode: { readonly [Name in Ending]: (typeof exitCodes)[Name]['code'] } = {
  ok: exitCodes.ok.code,
  error: exitCodes.error.code,
  changes: exitCodes.changes.code,
  conflicts: exitCodes.conflicts.code,
  exhausted: exitCodes.exhausted.code,
  interrupted: exitCodes.interrupted.code,
}

export type ExitCode = (typeof exitCodes)[Ending]['code']
