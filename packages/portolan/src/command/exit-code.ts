/** How the command ends: people build on these numbers. */
export const exitCode = {
  ok: 0,
  error: 1,
  changes: 2,
  conflicts: 3,
  exhausted: 4,
  /** 128 and SIGINT, as a shell has it for a program that Control-C ended. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
